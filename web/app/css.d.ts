// A style sheet is imported for its effect: the build puts all of them, in the
// order of their imports, into one file. A chunk that is loaded later can't bring
// its own: import its sheet where the first chunk does.
declare module "*.css";

// A drawing is imported as its data: URL.
declare module "*.svg" {
  const url: string;
  export default url;
}
