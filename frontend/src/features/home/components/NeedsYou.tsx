import { ArrowRightOutlined, CloseCircleFilled, ExclamationCircleFilled, QuestionCircleFilled, TagsOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Facets, FlowSummary } from '../../../shared/api/types';
import { formatCount } from '../../../shared/lib/format';
import { NEEDS_YOU } from '../../../shared/lib/counts';
import { Empty } from '../../../shared/ui/Empty';
import styles from '../Home.module.css';

const ICONS: Record<string, ReactNode> = { rejected: <CloseCircleFilled aria-hidden="true" />, needs_decision: <QuestionCircleFilled aria-hidden="true" />, unmapped: <TagsOutlined aria-hidden="true" /> };

/** What waits for a person: groups of documents with one reason, then drafts that cannot be published. */
export function NeedsYou({ facets, flows }: { facets: Facets; flows: FlowSummary[] }) {
  const { t, i18n } = useTranslation('home');
  const groups = facets.codes.filter((group) => (NEEDS_YOU as readonly string[]).includes(group.state)).sort((a, b) => b.documents - a.documents);
  const blocked = flows.filter((flow) => flow.blocking > 0);
  if (groups.length === 0 && blocked.length === 0) return <Empty art="clear" title={t('needs.none')} text={t('needs.noneText')} />;
  return (
    <ul className={styles.list}>
      {groups.map((group) => (
        <li key={`${group.state} ${group.code} ${group.message}`}>
          <Link className={styles.need} to={`/docs?state=${group.state}&code=${encodeURIComponent(group.code)}`}>
            <span className={styles.needIcon} data-tone={group.state === 'unmapped' ? 'warn' : 'err'} aria-hidden="true">
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
      ))}
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
    </ul>
  );
}
