import { ApiOutlined, ArrowRightOutlined, CloseCircleFilled, ExclamationCircleFilled, QuestionCircleFilled, ReloadOutlined, TagsOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Connection, Facets, FlowSummary } from '../../../shared/api/types';
import { formatCount } from '../../../shared/lib/format';
import { isMissingCode, NEEDS_YOU } from '../../../shared/lib/counts';
import { flowHealth } from '../../../shared/lib/flowHealth';
import { Empty } from '../../../shared/ui/Empty';
import { When } from '../../../shared/ui/When';
import styles from '../Home.module.css';

const ICONS: Record<string, ReactNode> = { rejected: <CloseCircleFilled aria-hidden="true" />, needs_decision: <QuestionCircleFilled aria-hidden="true" />, unmapped: <TagsOutlined aria-hidden="true" />, retry_at: <ReloadOutlined aria-hidden="true" /> };

const TONES: Record<string, string> = { unmapped: 'warn', retry_at: 'quiet' };

type Group = Facets['codes'][number];
const biggestFirst = (a: Group, b: Group) => b.documents - a.documents;

/**
 * What waits for a person: connections whose system does not answer or that have to be
 * mended, groups of documents with one reason, then drafts that cannot be published. Below and quieter what the system tries again by itself,
 * because a person can mend the cause at once.
 */
export function NeedsYou({ facets, flows, connections }: { facets: Facets; flows: FlowSummary[]; connections: Connection[] }) {
  const { t, i18n } = useTranslation('home');
  const groups = facets.codes.filter((group) => (NEEDS_YOU as readonly string[]).includes(group.state)).sort(biggestFirst);
  const tried = facets.codes.filter((group) => group.state === 'retry_at').sort(biggestFirst);
  const failing = flows.filter((flow) => flowHealth(flow) === 'failing');
  const concerned = flows.filter((flow) => flowHealth(flow) === 'attention');
  const blocked = flows.filter((flow) => flow.blocking > 0);
  const down = connections.filter((connection) => connection.trouble !== undefined);
  if (down.length === 0 && failing.length === 0 && groups.length === 0 && blocked.length === 0 && tried.length === 0) return <Empty art="clear" title={t('needs.none')} text={t('needs.noneText')} />;
  const row = (group: Group) => (
    <li key={`${group.state} ${group.code} ${group.message}`}>
      <Link className={styles.need} data-quiet={group.state === 'retry_at'} to={isMissingCode(group.code) ? '/codes?tab=missing' : `/docs?state=${group.state}&code=${encodeURIComponent(group.code)}`}>
        <span className={styles.needIcon} data-tone={TONES[group.state] ?? 'err'} aria-hidden="true">
          {ICONS[group.state]}
        </span>
        <span className={styles.needWords}>
          <b>{group.message}</b>
          <span>
            {t(`common:docState.${group.state}`)} · <code>{group.code}</code>
          </span>
        </span>
        <span className={styles.needCount}>{t('needs.count', { count: group.documents, shown: formatCount(group.documents, i18n.language) })}</span>
        <ArrowRightOutlined aria-hidden="true" />
      </Link>
    </li>
  );
  return (
    <ul className={styles.list}>
      {down.map(({ name, trouble }) => (
        <li key={`connection ${name}`}>
          <Link className={styles.need} to="/connections">
            <span className={styles.needIcon} aria-hidden="true">
              <ApiOutlined aria-hidden="true" />
            </span>
            <span className={styles.needWords}>
              <b>{t('needs.connection', { name })}</b>
              <span>{trouble?.message}</span>
            </span>
            {trouble !== undefined && (
              <span className={styles.needCount}>
                {t('needs.since')} <When time={trouble.since} />
              </span>
            )}
            <ArrowRightOutlined aria-hidden="true" />
          </Link>
        </li>
      ))}
      {failing.map((flow) => (
        <li key={`failing ${flow.id}`}>
          <Link className={styles.need} to={`/flows/${flow.id}/overview`}>
            <span className={styles.needIcon} data-tone="err" aria-hidden="true">
              {ICONS.rejected}
            </span>
            <span className={styles.needWords}>
              <b>{flow.title}</b>
              <span>{t('needs.failing')}</span>
            </span>
            {flow.lastRun !== undefined && (
              <span className={styles.needCount}>
                <When time={flow.lastRun.startedAt} />
              </span>
            )}
            <ArrowRightOutlined aria-hidden="true" />
          </Link>
        </li>
      ))}
      {groups.map(row)}
      {concerned.length > 0 && (
        <li className={styles.needNote}>
          {t('needs.flows')}{' '}
          {concerned.map((flow, i) => (
            <span key={flow.id}>
              {i > 0 && ' · '}
              <Link to={`/flows/${flow.id}/overview`}>{flow.title}</Link>
            </span>
          ))}
        </li>
      )}
      {blocked.map((flow) => (
        <li key={flow.id}>
          <Link className={styles.need} to={`/flows/${flow.id}/design`}>
            <span className={styles.needIcon} data-tone="warn" aria-hidden="true">
              <ExclamationCircleFilled aria-hidden="true" />
            </span>
            <span className={styles.needWords}>
              <b>{flow.title}</b>
              <span>{t('needs.draft')}</span>
            </span>
            <span className={styles.needCount}>{t('needs.problems', { count: flow.blocking })}</span>
            <ArrowRightOutlined aria-hidden="true" />
          </Link>
        </li>
      ))}
      {tried.length > 0 && <li className={styles.needNote}>{t('needs.tried')}</li>}
      {tried.map(row)}
    </ul>
  );
}
