import { DownloadOutlined, LoadingOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { saveFile } from '../lib/saveFile';
import { noticeOf, useDialogs } from './dialogs';
import styles from './ExportMenu.module.css';
import { Menu } from './Menu';

const FORMATS = ['xlsx', 'csv'] as const;
export type ExportFormat = (typeof FORMATS)[number];

interface Props {
  /** What the file is called, without its ending. */
  name: string;
  /** Fetches the file whole; a refusal is thrown. */
  fetch: (format: ExportFormat, signal: AbortSignal) => Promise<Blob>;
}

/** Hands what a page shows to the reader as a file. It can be cancelled, and leaving the page does that. */
export function ExportMenu({ name, fetch }: Props) {
  const { t } = useTranslation();
  const { tell } = useDialogs();
  const running = useRef<AbortController>(undefined);
  const making = useMutation({
    mutationFn: async (format: ExportFormat) => {
      const control = (running.current = new AbortController());
      saveFile(await fetch(format, control.signal), `${name}.${format}`);
    },
    onError: (error) => {
      if (running.current?.signal.aborted !== true) tell(noticeOf(error, t('trouble.offline.title')));
    },
  });
  const cancel = () => running.current?.abort();
  useEffect(() => cancel, []);
  if (making.isPending) {
    return (
      <Button icon={<LoadingOutlined aria-hidden="true" />} onClick={cancel}>
        <span role="status">{t('export.making')}</span> · {t('action.cancel')}
      </Button>
    );
  }
  return (
    <Menu
      label={t('export.button')}
      className={styles.button}
      button={
        <>
          <DownloadOutlined aria-hidden="true" /> {t('export.button')}
        </>
      }
      items={FORMATS.map((format) => ({ key: format, label: t(`export.${format}`), onSelect: () => making.mutate(format) }))}
    />
  );
}
