import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '../../../shared/api/session';
import type { Limit } from '../../../shared/api/types';
import styles from '../../../shared/connections/Connections.module.css';
import { formatSpan } from '../../../shared/lib/format';
import { useDialogs } from '../../../shared/ui/dialogs';
import { When } from '../../../shared/ui/When';
import { useResume, useTraffic } from '../api';
import { LimitDialog } from './LimitDialog';

/** How calls of a connection stand: what the vendor allows, what is allowed at present, and whether its system answers. */
export function Traffic({ name }: { name: string }) {
  const { t } = useTranslation('connections');
  const { data } = useTraffic(name);
  const mayAdmin = useMay('administer');
  const { ask, toast } = useDialogs();
  const resume = useResume(name);
  const [setting, setSetting] = useState<Limit>();
  if (data === undefined) return null;
  const held = data.interrupted !== undefined || data.level < 100 || data.pausedUntil !== undefined;
  if (data.limits.length === 0 && !held && data.refusedAt === undefined) return null;

  const confirm = () =>
    ask({
      title: t('traffic.resumeTitle', { name }), text: t('traffic.resumeText'), submit: t('traffic.resume'),
      onConfirm: () => resume.mutateAsync().then(() => toast(t('traffic.resumed', { name }))),
    });

  return (
    <section className={styles.traffic} aria-label={t('traffic.title')}>
      <ul>
        {data.limits.map((limit) => {
          const lowered = limit.allowed !== limit.calls || limit.withinMs !== limit.perMs;
          return (
            <li key={`${limit.calls}/${limit.perMs}/${limit.perOperation === true}`}>
              <span>
                {t(limit.perOperation === true ? 'traffic.declaredEach' : 'traffic.declared', { count: limit.calls, span: formatSpan(limit.perMs, t) })}
                {lowered && <strong data-tone="warn"> {t('traffic.now', { count: limit.allowed, span: formatSpan(limit.withinMs, t) })}</strong>}
                {limit.own !== undefined && <span> {t('traffic.own')}</span>}
              </span>
              <span className={styles.used}>{t('traffic.used', { count: limit.used })}</span>
              {mayAdmin && (
                <Button size="small" type="link" onClick={() => setSetting(limit)} aria-label={t('traffic.setOf', { count: limit.calls, span: formatSpan(limit.perMs, t), name })}>
                  {t('traffic.set')}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      {data.atOnce > 0 && <p className={styles.when}>{t('traffic.atOnce', { count: data.atOnce })}</p>}
      {data.refusedAt !== undefined && (
        <p className={styles.when}>
          {t('traffic.refused', { code: data.refusedCode ?? '' })} <When time={data.refusedAt} />
        </p>
      )}
      {data.pausedUntil !== undefined && (
        <p className={styles.when}>
          {t('traffic.paused')} <When time={data.pausedUntil} as="exact" />
        </p>
      )}
      {data.interrupted !== undefined && (
        <p className={styles.when}>
          {t('traffic.interrupted', { count: data.interrupted.failures })} <When time={data.interrupted.nextAt} as="exact" />
        </p>
      )}
      {held && mayAdmin && (
        <Button size="small" loading={resume.isPending} onClick={confirm}>
          {t('traffic.resume')}
        </Button>
      )}
      {setting !== undefined && <LimitDialog name={name} limit={setting} onClose={() => setSetting(undefined)} />}
    </section>
  );
}
