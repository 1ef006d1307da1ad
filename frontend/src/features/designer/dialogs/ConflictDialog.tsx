import { Button, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { asApiError } from '~/shared/api/errors';
import { Banner } from '~/shared/ui/Banner';
import { useDialogs } from '~/shared/ui/dialogs';
import { ChangesView } from '~/shared/changes/ChangesView';
import { QueryView } from '~/shared/ui/QueryView';
import { readDocument, titleOf } from '~/model/document';
import { getFlow, keepAsCopy } from '../api';
import { current, documentNow, open, useDesigner } from '../designer.store';
import { saveNow } from '../useAutosave';
import { useComparison } from './useChanges';
import styles from './Dialogs.module.css';

/** Somebody else saved this draft meanwhile: theirs, a copy of mine, or mine over theirs. */
export function ConflictDialog() {
  const { t } = useTranslation('designer');
  const { toast } = useDialogs();
  const navigate = useNavigate();
  const [busy, setBusy] = useState('');
  const conflict = useDesigner((state) => state.save === 'conflict');
  const theirs = useDesigner((state) => state.theirs);
  const mine = useDesigner((state) => state.history.present);
  const changes = useComparison(current().flow.id, conflict ? theirs?.document : undefined, mine);
  if (!conflict) return null;

  const act = async (name: string, what: () => Promise<void>) => {
    setBusy(name);
    try {
      await what();
    } catch (error) {
      toast(asApiError(error).message, 'err');
    } finally {
      setBusy('');
    }
  };
  const takeTheirs = async () => open(await getFlow(current().flow.id), current().types, current().readOnly);
  const copyMine = async () => {
    const copy = await keepAsCopy(t('conflict.copyTitle', { title: titleOf(mine) || current().flow.title }), documentNow());
    // The open flow is theirs now, so that leaving does not ask again.
    await takeTheirs();
    await navigate(`/flows/${copy.id}/design`);
  };
  const overwrite = async () => {
    const newest = await getFlow(current().flow.id);
    const { document: _document, problems: _problems, ...facts } = newest;
    useDesigner.setState({ flow: facts, saved: readDocument(newest.document), save: 'dirty', theirs: undefined });
    await saveNow();
  };

  return (
    <Modal
      open
      closable={false}
      mask={{ closable: false }}
      keyboard={false}
      width={640}
      title={t('conflict.title')}
      footer={[
        <Button key="theirs" loading={busy === 'theirs'} onClick={() => void act('theirs', takeTheirs)}>
          {t('conflict.theirs')}
        </Button>,
        <Button key="copy" loading={busy === 'copy'} onClick={() => void act('copy', copyMine)}>
          {t('conflict.copy')}
        </Button>,
        <Button key="mine" danger type="primary" loading={busy === 'mine'} onClick={() => void act('mine', overwrite)}>
          {t('conflict.mine')}
        </Button>,
      ]}
    >
      <div className={styles.stack}>
        <Banner tone="warn" title={t('conflict.text')} />
        {theirs !== undefined && (
          <section>
            <h3 className={styles.heading}>{t('conflict.changes')}</h3>
            <div className={styles.changes} role="group" tabIndex={0} aria-label={t('conflict.changes')}>
              <QueryView query={changes}>{(found) => <ChangesView diff={found} />}</QueryView>
            </div>
          </section>
        )}
      </div>
    </Modal>
  );
}
