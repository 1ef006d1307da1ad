import { ApiOutlined, ClockCircleOutlined, CloseCircleFilled, DashboardOutlined, ExclamationCircleFilled, KeyOutlined, QuestionCircleFilled, ReloadOutlined, TagsOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Home } from '../../../shared/api/types';
import { isMissingCode } from '../../../shared/lib/counts';
import { useNow } from '../../../shared/hooks/useNow';
import { formatCount, formatSpan } from '../../../shared/lib/format';
import { Empty } from '../../../shared/ui/Empty';
import { When } from '../../../shared/ui/When';
import { connectionPlace, flowPlace, groupPlace, needsOf, nothingNeeded } from '../model/needs';
import styles from '../Home.module.css';
import { Need } from './Need';

type Group = Home['groups'][number];

const ICONS: Record<string, ReactNode> = {
  rejected: <CloseCircleFilled aria-hidden="true" />, needs_decision: <QuestionCircleFilled aria-hidden="true" />, unmapped: <TagsOutlined aria-hidden="true" />, retry_at: <ReloadOutlined aria-hidden="true" />,
  interrupted: <ApiOutlined aria-hidden="true" />, broken: <ApiOutlined aria-hidden="true" />, throttled: <ClockCircleOutlined aria-hidden="true" />, quota: <DashboardOutlined aria-hidden="true" />,
  failing: <CloseCircleFilled aria-hidden="true" />, never: <ClockCircleOutlined aria-hidden="true" />, late: <ClockCircleOutlined aria-hidden="true" />, blocked: <ExclamationCircleFilled aria-hidden="true" />,
};

const TONES: Record<string, 'err' | 'warn' | 'quiet'> = { unmapped: 'warn', retry_at: 'quiet', throttled: 'warn', quota: 'warn', never: 'warn', late: 'warn', blocked: 'warn' };

/**
 * What waits for a person: decisions, connections that can't be used or soon can't, flows
 * that do not get on, groups of documents with one reason, drafts that cannot be published.
 * Below and quieter what the system tries again by itself, because a person can mend the
 * cause at once. Each leads to where it is mended.
 */
export function NeedsYou({ home }: { home: Home }) {
  const { t } = useTranslation('home');
  const now = useNow();
  const needs = needsOf(home);
  if (nothingNeeded(needs)) return <Empty art="clear" title={t('needs.none')} text={t('needs.noneText')} />;
  return (
    <ul className={styles.list}>
      {needs.decisions.map(groupRow)}
      {needs.connections.map((one) => <ConnectionNeed key={one.name} of={one} />)}
      {needs.flows.map((one) => <FlowNeed key={one.id} of={one} />)}
      {needs.groups.map(groupRow)}
      {needs.blocked.map((one) => <FlowNeed key={one.id} of={one} />)}
      {needs.tokens.map(({ id, name, expiresAt }) => {
        const over = Date.parse(expiresAt ?? '') < now;
        return (
          <Need key={id} to="/tokens" icon={<KeyOutlined aria-hidden="true" />} tone={over ? 'err' : 'warn'} title={t(over ? 'needs.tokenOver' : 'needs.token', { name })} measure={<When time={expiresAt} />}>
            {t('needs.tokenText')}
          </Need>
        );
      })}
      {needs.tried.length > 0 && <li className={styles.needNote}>{t('needs.tried')}</li>}
      {needs.tried.map(groupRow)}
    </ul>
  );
}

const groupRow = (group: Group) => <GroupNeed key={`${group.state} ${group.code}`} of={group} />;

function GroupNeed({ of: group }: { of: Group }) {
  const { t, i18n } = useTranslation('home');
  const { state, code, documents } = group;
  return (
    <Need to={groupPlace(group)} icon={ICONS[isMissingCode(code) ? 'unmapped' : state]} tone={TONES[state] ?? 'err'} title={group.message} measure={t('needs.count', { count: documents, shown: formatCount(documents, i18n.language) })}>
      {t(`common:docState.${state}`)} · <code>{code}</code>
    </Need>
  );
}

function ConnectionNeed({ of: one }: { of: Home['connections'][number] }) {
  const { t, i18n } = useTranslation('home');
  const number = (value = 0) => formatCount(value, i18n.language);
  const measure = one.why === 'quota' ? `${number(one.used)} / ${number(one.allowed)}` : one.why === 'throttled' ? <When time={one.until} /> : <>{t('needs.since')} <When time={one.since} /></>;
  const text = one.why === 'quota' ? t('needs.quotaText', { span: formatSpan(one.perMs ?? 0, t) }) : one.why === 'throttled' ? t('needs.throttledText') : (one.message ?? '');
  return (
    <Need to={connectionPlace(one)} icon={ICONS[one.why]} tone={TONES[one.why] ?? 'err'} title={t(`needs.connection.${one.why}`, { name: one.name })} measure={measure}>
      {text}
    </Need>
  );
}

function FlowNeed({ of: flow }: { of: Home['flows'][number] }) {
  const { t } = useTranslation('home');
  const text = flow.why === 'failing' && flow.message !== undefined ? flow.message : t(`needs.flow.${flow.why}`);
  const measure = flow.why === 'blocked' ? t('needs.problems', { count: flow.blocking ?? 0 }) : flow.lastDoneAt ? <>{t('needs.lastDone')} <When time={flow.lastDoneAt} /></> : t('needs.noSuccess');
  return (
    <Need to={flowPlace(flow)} icon={ICONS[flow.why]} tone={TONES[flow.why] ?? 'err'} title={flow.title} measure={measure}>
      {text}
    </Need>
  );
}
