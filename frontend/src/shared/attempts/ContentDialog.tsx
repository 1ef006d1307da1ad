import { CopyOutlined, DownloadOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asApiError } from '../api/errors';
import type { Attempt, AttemptContent } from '../api/types';
import { formatSize } from '../lib/format';
import { prettyJson } from '../lib/json';
import { Banner } from '../ui/Banner';
import { Dialog } from '../ui/Dialog';
import { useDialogs } from '../ui/dialogs';
import { JsonTree } from '../ui/JsonTree';
import { PageSkeleton } from '../ui/PageSkeleton';
import { Tabs } from '../ui/Tabs';
import { type Content, CONTENTS, rawAddress, useContent } from './api';
import styles from './Attempts.module.css';

interface Props {
  document: string;
  attempt: Attempt;
  content: Content;
  onChange: (content: Content) => void;
  onClose: () => void;
}

/** What was sent and what was answered in one attempt, laid out or byte by byte. */
export function ContentDialog({ document, attempt, content, onChange, onClose }: Props) {
  const { t } = useTranslation('documents');
  const there = CONTENTS.filter((one) => attempt[one] === 'kept');
  return (
    <Dialog size="large" title={t('attempts.titleOf', { what: t(`attempts.no.${attempt.kind}`, { no: attempt.no }) })} submit={t('common:action.close')} onSubmit={onClose} onClose={onClose}>
      <Tabs
        label={t('attempts.contents')}
        active={content}
        onChange={(key) => onChange(key as Content)}
        tabs={there.map((one) => ({ key: one, label: t(`attempts.content.${one}`), content: <Shown document={document} attempt={attempt} content={one} /> }))}
      />
    </Dialog>
  );
}

/** A content of an attempt, laid out or byte by byte. */
export function Shown({ document, attempt, content }: { document: string; attempt: Attempt; content: Content }) {
  const query = useContent(document, attempt.id ?? '', content);
  if (query.error !== null) return <Banner tone="err">{asApiError(query.error).message}</Banner>;
  if (query.data === undefined) return <PageSkeleton rows={4} />;
  return <Text found={query.data} address={rawAddress(document, attempt.id ?? '', content)} shared={content === 'answer' && (attempt.rows ?? 0) > 1} />;
}

function Text({ found, address, shared }: { found: AttemptContent; address: string; shared: boolean }) {
  const { t, i18n } = useTranslation('documents');
  const { toast } = useDialogs();
  const [raw, setRaw] = useState(false);
  const laidOut = found.json && !found.cut;
  const size = formatSize(found.bytes, i18n.language);
  const copy = () => navigator.clipboard.writeText(raw || !laidOut ? found.text : prettyJson(found.text)).then(() => toast(t('common:action.copied')), () => toast(t('copyFailed'), 'err'));
  return (
    <div className={styles.text}>
      {found.cut && <Banner tone="warn" title={t('attempts.cut', { size, shown: formatSize(found.text.length, i18n.language) })} />}
      {found.covered && <Banner tone="info">{t('attempts.covered')}</Banner>}
      {found.binary && <Banner tone="info">{t('attempts.binary')}</Banner>}
      {shared && <p className={styles.facts}>{t('attempts.shared')}</p>}
      <div className={styles.tools}>
        <span className={styles.facts}>{size}</span>
        <span className={styles.spring} />
        {laidOut && (
          <Button size="small" aria-pressed={raw} onClick={() => setRaw(!raw)}>
            {t(raw ? 'attempts.pretty' : 'attempts.raw')}
          </Button>
        )}
        <Button size="small" icon={<CopyOutlined aria-hidden="true" />} onClick={() => void copy()}>
          {t('common:action.copy')}
        </Button>
        <Button size="small" icon={<DownloadOutlined aria-hidden="true" />} href={address} download>
          {t('attempts.download')}
        </Button>
      </div>
      {laidOut && !raw ? (
        <JsonTree text={prettyJson(found.text)} label={t('attempts.contents')} height={460} />
      ) : (
        <pre className={styles.raw} tabIndex={0} aria-label={t('attempts.contents')}>
          {found.text}
        </pre>
      )}
    </div>
  );
}
