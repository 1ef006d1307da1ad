import { useQueryClient } from '@tanstack/react-query';
import { Button, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError } from '~/shared/api/errors';
import { keys } from '~/shared/api/keys';
import { Banner } from '~/shared/ui/Banner';
import { useDialogs } from '~/shared/ui/dialogs';
import { ChangesView } from '~/shared/changes/ChangesView';
import { QueryView } from '~/shared/ui/QueryView';
import { publishFlow } from '../api';
import { current, factsOf, useDesigner, withProblems } from '../designer.store';
import { runNow } from '../run/useRun';
import { saveNow } from '../useAutosave';
import { useDraftChanges } from './useChanges';
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
  const problems = useDesigner((state) => state.problems);
  const blocking = problems.filter((one) => one.blocking === true);
  const changes = useDraftChanges(flow.id, flow.publishedVersion);
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
          <div className={styles.changes} role="group" tabIndex={0} aria-label={t('publish.differs')}>
            <QueryView query={changes}>{(found) => <ChangesView diff={found} />}</QueryView>
          </div>
        </section>
        <label className={styles.label}>
          {t('publish.note')}
          <Input.TextArea autoFocus rows={2} maxLength={500} value={note} placeholder={t('publish.noteHint')} onChange={(event) => setNote(event.target.value)} />
        </label>
      </div>
    </Modal>
  );
}
