import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { FlowOverview, FlowSummary } from '../../../shared/api/types';
import { formatCount, formatSpan } from '../../../shared/lib/format';
import { Banner } from '../../../shared/ui/Banner';
import panel from '../../../shared/ui/Panel.module.css';
import { Plan } from '../../../shared/schedule/Plan';
import { StateTag } from '../../../shared/ui/StateTag';
import { When } from '../../../shared/ui/When';
import { nextOf, toneOf } from '../model/verdict';
import styles from '../Flowhome.module.css';

interface Props {
  flow: string;
  overview: FlowOverview;
  plan: FlowSummary['schedule'];
  nodeName: (id: string) => string;
}

/** How the flow is doing, in words, with what the words rest on. */
export function Verdict({ flow, overview, plan, nodeName }: Props) {
  const { t, i18n } = useTranslation('flowhome');
  const { verdict, lastRun, lastDone, sources } = overview;
  const next = nextOf(overview, flow);
  const span = (seconds: number) => formatSpan(seconds * 1000, t);
  const words = { waiting: formatCount(verdict.waiting, i18n.language), again: formatCount(verdict.again, i18n.language), behind: span(verdict.behindSeconds), usual: span(verdict.usualSeconds ?? 0) };
  return (
    <section aria-label={t('verdict.label')} className={styles.verdict}>
      <Banner
        tone={toneOf(verdict.code)} title={t(`verdict.${verdict.code}.title`, { ...words, defaultValue: verdict.code })}
        actions={
          next !== undefined && (
            <Link to={next}>
              <Button size="small" tabIndex={-1}>
                {t(`verdict.${verdict.code}.next`, { defaultValue: t('verdict.look') })}
              </Button>
            </Link>
          )
        }
      >
        <span>{verdict.code === 'failing' && lastRun?.message !== undefined ? lastRun.message : t(`verdict.${verdict.code}.text`, { ...words, defaultValue: '' })}</span>
      </Banner>
      <dl className={`${panel.panel} ${styles.facts}`}>
        <div>
          <dt>{t('fact.lastDone')}</dt>
          <dd>
            {lastDone === undefined ? (
              t('fact.noneYet')
            ) : (
              <Link to={`/runs/${lastDone.id}`}>
                <When time={lastDone.endedAt ?? lastDone.startedAt} />
              </Link>
            )}
          </dd>
        </div>
        <div>
          <dt>{t('fact.lastRun')}</dt>
          <dd>
            {lastRun === undefined ? (
              t('fact.noneYet')
            ) : (
              <Link to={`/runs/${lastRun.id}`}>
                <StateTag of="run" state={lastRun.state} /> <When time={lastRun.startedAt} />
              </Link>
            )}
          </dd>
        </div>
        <div>
          <dt>{t('fact.still')}</dt>
          <dd>{t('fact.stillOf', words)}</dd>
        </div>
        <div>
          <dt>{t('fact.plan')}</dt>
          <dd className={styles.plan}>{plan === undefined ? t('fact.noPlan') : <Plan plan={plan} />}</dd>
        </div>
        <div>
          <dt>{t('fact.usual')}</dt>
          <dd>{verdict.usualSeconds === undefined || verdict.usualSeconds === 0 ? t('fact.unknown') : t('fact.every', { span: words.usual })}</dd>
        </div>
        <div>
          <dt>{t('fact.behind')}</dt>
          <dd>
            {sources.length === 0
              ? t('fact.noCursor')
              : sources.map(({ node, behindSeconds, cursor }) => (
                  <span key={node} className={styles.line}>
                    {nodeName(node)} {t('fact.behindBy', { span: span(behindSeconds) })} <span className={panel.sub}>{t('fact.upTo')} <When time={cursor} as="exact" /></span>
                  </span>
                ))}
          </dd>
        </div>
      </dl>
    </section>
  );
}
