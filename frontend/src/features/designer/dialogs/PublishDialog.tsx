import { useQueryClient } from '@tanstack/react-query';
import { Button, Input, Modal } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError } from '~/shared/api/errors';
import { keys } from '~/shared/api/keys';
import { Banner } from '~/shared/ui/Banner';
import { useDialogs } from '~/shared/ui/dialogs';
import { type Change, changesBetween } from '~/model/changes';
import { readDocument } from '~/model/document';
import { publishFlow, usePublishedVersion } from '../api';
import { current, factsOf, useDesigner, withProblems } from '../designer.store';
import { runNow } from '../run/useRun';
import { saveNow } from '../useAutosave';
import { nameOf } from '../useRefusalText';
import styles from './Dialogs.module.css';

/** Publishing: what changed, a note, and no way past blocking problems. */
export function PublishDialog() {
  const dialog = useDesigner((state) => state.dialog);
  if (dialog !== 'publish' && dialog !== 'publishAndRun') return null;
  return <Publish thenRun={dialog === 'publishAndRun'} />;
}

function Publish({ thenRun }: { thenRun: boolean }) {
  const { t } = useTranslation('designer');
  const { toast } = useDialogs();
  const client = useQueryClient();
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState('');
  const flow = useDesigner((state) => state.flow);
  const doc = useDesigner((state) => state.history.present);
  const problems = useDesigner((state) => state.problems);
  const blocking = problems.filter((one) => one.blocking === true);
  const published = usePublishedVersion(flow.id, flow.publishedVersion);
  const changes = useMemo(() => changesBetween(readDocument(published.data?.document ?? null), doc), [published.data, doc]);
  const close = () => useDesigner.setState({ dialog: undefined });

  const publish = async () => {
    setBusy(true);
    try {
      await saveNow();
      const answer = await publishFlow(flow.id, note.trim());
      useDesigner.setState({ flow: factsOf(answer), dialog: undefined, ...withProblems(answer.problems ?? [], current().saved) });
      void client.invalidateQueries({ queryKey: keys.flows });
      toast(t('publish.done', { no: answer.publishedVersion }));
      if (thenRun) await runNow();
    } catch (error) {
      const problem = asApiError(error);
      setRefused([problem.message, problem.hint].filter(Boolean).join(' '));
      if (problem.problems.length > 0) useDesigner.setState(withProblems(problem.problems, current().saved));
      setBusy(false);
    }
  };

  return (
    <Modal
      open
      width={640}
      title={t(thenRun ? 'publish.titleRun' : 'publish.title', { no: flow.publishedVersion + 1 })}
      onCancel={close}
      footer={[
        <Button key="cancel" onClick={close}>
          {t('publish.cancel')}
        </Button>,
        thenRun && flow.publishedVersion > 0 && (
          <Button key="old" onClick={() => void runNow().then(close, (error: unknown) => setRefused(asApiError(error).message))}>
            {t('publish.runOld', { no: flow.publishedVersion })}
          </Button>
        ),
        <Button key="ok" type="primary" loading={busy} disabled={blocking.length > 0} onClick={() => void publish()}>
          {t(thenRun ? 'publish.okRun' : 'publish.ok')}
        </Button>,
      ]}
    >
      <div className={styles.stack}>
        {blocking.length > 0 && (
          <Banner
            tone="err"
            title={t('publish.blocked', { n: blocking.length })}
            actions={
              <Button size="small" onClick={() => useDesigner.setState({ dialog: undefined, panel: 'problems' })}>
                {t('publish.showProblems')}
              </Button>
            }
          >
            {blocking.slice(0, 3).map((one, i) => (
              <div key={i}>{one.message}</div>
            ))}
          </Banner>
        )}
        {blocking.length === 0 && problems.length > 0 && <Banner tone="warn" title={t('publish.warned', { n: problems.length })} />}
        {refused !== '' && <Banner tone="err" title={refused} />}
        <section>
          <h3 className={styles.heading}>{flow.publishedVersion === 0 ? t('publish.first') : t('publish.changes', { no: flow.publishedVersion })}</h3>
          {changes.length === 0 ? <p className={styles.quiet}>{t('publish.nothing')}</p> : <ChangeList changes={changes} />}
        </section>
        <label className={styles.label}>
          {t('publish.note')}
          <Input.TextArea autoFocus rows={2} maxLength={500} value={note} placeholder={t('publish.noteHint')} onChange={(event) => setNote(event.target.value)} />
        </label>
      </div>
    </Modal>
  );
}

export function ChangeList({ changes }: { changes: readonly Change[] }) {
  const { t, i18n } = useTranslation('designer');
  const title = (change: Change) => {
    if (change.about === 'node') return change.title || nameOf(change.id, i18n.language);
    if (change.about === 'edge') return change.id.split(' → ').map((end) => nameOf(end.split('.')[0] ?? end, i18n.language)).join(' → ');
    return t(`publish.part.${change.id}`, { defaultValue: change.id });
  };
  return (
    <ul className={styles.changes}>
      {changes.map((change) => (
        <li key={`${change.about}-${change.kind}-${change.id}`} data-kind={change.kind}>
          <span className={styles.kind}>{t(`publish.kind.${change.kind}`)}</span>
          <span className={styles.about}>{t(`publish.about.${change.about}`)}</span>
          <b>{title(change)}</b>
          {change.members.length > 0 && <code>{change.members.join(', ')}</code>}
          {change.rows !== undefined && <small>{t('publish.rows', { n: change.rows })}</small>}
        </li>
      ))}
    </ul>
  );
}
