import { useSignalEffect } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { Composer } from "../composer/Composer";
import { Chats } from "../icons";
import { LinkQuestion } from "../markdown/LinkQuestion";
import { DropZone } from "../media/DropZone";
import { Viewer } from "../media/Viewer";
import { Standing } from "../notices/Standing";
import { announce, goToList, jumpTo, wide } from "../state";
import { t } from "../strings";
import { Button, EmptyState } from "../ui";
import { Banner } from "./Banner";
import { Header } from "./Header";
import { MessageList } from "./MessageList";
import { Panels } from "./Panels";
import { Resets } from "./Resets";
import { View, ViewContext } from "./view";
import "./conversation.css";

/** Conversation is an open conversation: give it the room's URI as its key too. */
export function Conversation({ room }: { room: string }) {
  const view = useMemo(() => new View(room), [room]);
  useEffect(() => {
    const jump = jumpTo.peek();
    const wanted = jump?.room === room ? jump.id : "";
    if (wanted) jumpTo.value = null;
    void view.thread.open(wanted).then(() => {
      const title = view.thread.info.value?.title;
      if (title) announce(t("live.opened", { title }));
      if (wanted) void view.show(wanted);
    });
    return () => view.thread.close();
  }, [view]);
  useSignalEffect(() => {
    const jump = jumpTo.value;
    if (jump?.room !== room || view.thread.phase.value !== "ready") return;
    jumpTo.value = null;
    void view.show(jump.id);
  });
  return (
    <ViewContext.Provider value={view}>
      <Body view={view} />
    </ViewContext.Provider>
  );
}

function Body({ view }: { view: View }) {
  const phase = view.thread.phase.value;
  const info = view.thread.info.value;
  if (phase === "gone") {
    return (
      <section class="conversation">
        <EmptyState icon={Chats} title={t("conversation.gone")} text={t("conversation.goneText")}>
          <Button kind="primary" onClick={() => goToList()}>
            {t("conversation.backToList")}
          </Button>
        </EmptyState>
      </section>
    );
  }
  return (
    <section class="conversation" aria-label={info ? t("conversation.with", { title: info.title }) : t("conversation.loading")} aria-busy={!info}>
      <Header />
      <Resets />
      <MessageList />
      {!wide.value && <Standing />}
      {info && (info.may_send ? <Composer /> : <Banner />)}
      <Panels />
      <LinkQuestion />
      <DropZone />
      <Viewer />
    </section>
  );
}
