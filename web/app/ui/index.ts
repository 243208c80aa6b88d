// The parts that every view is made of.
export { Avatar, type Face } from "./Avatar";
export { Button } from "./Button";
export { Confirm, Dialog } from "./Dialog";
export { EmptyState, Note } from "./EmptyState";
export { Count, IconButton } from "./IconButton";
export { Menu, MenuButton, type Anchor, type MenuItem } from "./Menu";
export { moveAmong } from "./roving";
export { Skeleton, Spinner } from "./Spinner";
export { Segments, Switch } from "./Switch";
export { SearchField, TextField } from "./TextField";
export { toast, Toasts } from "./Toast";
export { Tooltips } from "./Tooltip";
