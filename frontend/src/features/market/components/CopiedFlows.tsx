import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { useFlows } from '../../../shared/api/flowNames';
import { useMay } from '../../../shared/api/session';
import type { FlowSummary, TemplateDetail } from '../../../shared/api/types';
import { useText } from '../../../shared/i18n/useText';
import { Banner } from '../../../shared/ui/Banner';
import panel from '../../../shared/ui/Panel.module.css';
import { QueryView } from '../../../shared/ui/QueryView';
import { Trouble } from '../../../shared/ui/Trouble';
import { useCopiedFlow } from '../api';
import styles from '../Market.module.css';

/** What a copy made, and how each flow goes on: tried with one document, then published and enabled. */
export function CopiedFlows({ template, ids }: { template: TemplateDetail; ids: string[] }) {
  const { t } = useTranslation('market');
  const text = useText();
  const note = t('copied.note', { title: text(template.title), version: template.version });
  return (
    <>
      <Banner tone="ok" title={t('copied.title', { count: ids.length })}>
        {t('copied.text')}
      </Banner>
      <QueryView query={useFlows()}>
        {(all) => (
          <ul className={styles.made}>
            {ids.flatMap((id) => {
              const flow = all.find((one) => one.id === id);
              return flow === undefined ? [] : [<li key={id}><Made flow={flow} note={note} /></li>];
            })}
          </ul>
        )}
      </QueryView>
      <p>
        <Link to="/flows">{t('copied.toFlows')}</Link>
      </p>
    </>
  );
}

function Made({ flow, note }: { flow: FlowSummary; note: string }) {
  const { t } = useTranslation('market');
  const navigate = useNavigate();
  const mayOperate = useMay('operate');
  const { tryOne, begin } = useCopiedFlow(flow.id);
  const trouble = tryOne.error ?? begin.error;
  return (
    <section className={`${panel.panel} ${styles.box}`} aria-label={flow.title}>
      <h2>{flow.title}</h2>
      <p role="status">{flow.enabled ? t('copied.enabled') : flow.blocking > 0 ? t('copied.problems', { count: flow.blocking }) : t('copied.ready')}</p>
      <div className={styles.steps}>
        <Link to={`/flows/${flow.id}/design`}>{t('copied.open')}</Link>
        <Button loading={tryOne.isPending} disabled={!mayOperate || flow.blocking > 0} onClick={() => tryOne.mutate(undefined, { onSuccess: () => void navigate(`/flows/${flow.id}/dry-run`) })}>
          {t('copied.try')}
        </Button>
        {!flow.enabled && (
          <Button type="primary" loading={begin.isPending} disabled={!mayOperate || flow.blocking > 0} onClick={() => begin.mutate({ published: flow.publishedVersion > 0, note })}>
            {t('copied.begin')}
          </Button>
        )}
      </div>
      {trouble !== null && <Trouble error={trouble} />}
    </section>
  );
}
