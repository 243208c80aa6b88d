import { Dialog } from "../app/ui";
import { groups } from "./keys";

/** Help lists the keys that are in force. */
export function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose} width="wide">
      <div class="help">
        {groups.value.map(({ title, of }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {of().map(({ keys, words }) => (
                <div key={keys}>
                  <dt>
                    {keys.split(" ").map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{words}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
