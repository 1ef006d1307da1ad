import { DeleteOutlined, DownloadOutlined, InboxOutlined, SwapOutlined } from '@ant-design/icons';
import { Button, Progress, Select } from 'antd';
import { useQueryClient } from '@tanstack/react-query';
import { type DragEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { API_BASE } from '~/shared/api/client';
import { keys } from '~/shared/api/keys';
import { formatSize, formatTime } from '~/shared/lib/format';
import type { WidgetProps } from '~/shared/schema-form/SchemaForm';
import { Banner } from '~/shared/ui/Banner';
import { useDialogs } from '~/shared/ui/dialogs';
import { deleteFile, useFiles, useUpload } from './api';
import styles from './File.module.css';
import { FilePreview } from './FilePreview';

const ACCEPT = '.csv,.tsv,.txt,.xlsx,.json,.ndjson,.jsonl';

/** Chooses an uploaded file, or takes one that is dropped here. */
export default function FileWidget({ value, onChange, id, describedBy, invalid, disabled }: WidgetProps) {
  const { t, i18n } = useTranslation('designer');
  const { ask, toast } = useDialogs();
  const client = useQueryClient();
  const files = useFiles();
  const { send, sending, refused, forget } = useUpload();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  // Under which name the next choice is uploaded: that of the file whose content it takes, or its own.
  const [into, setInto] = useState('');
  const name = typeof value === 'string' ? value : '';
  const chosen = files.data?.find((one) => one.name === name);
  const lost = name !== '' && files.data !== undefined && chosen === undefined;
  const busy = sending !== undefined;

  const upload = async (file: File, as: string, replace: boolean) => {
    const stored = await send(file, as, replace);
    if (stored === undefined) return;
    onChange(stored.name);
    toast(t(replace ? 'file.replaced' : 'file.uploaded', { name: stored.name }));
  };
  const take = (file: File | undefined) => {
    if (file === undefined || disabled || busy) return;
    const as = into === '' ? file.name : into;
    setInto('');
    if (files.data?.some((one) => one.name === as) !== true) {
      void upload(file, as, false);
      return;
    }
    forget();
    ask({
      title: t('file.replaceTitle', { name: as }), text: t('file.replaceText'), submit: t('file.replace'),
      onConfirm: () => upload(file, as, true),
    });
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files[0]);
  };
  const pick = (as: string) => {
    setInto(as);
    input.current?.click();
  };
  const remove = () => {
    if (chosen === undefined) return;
    ask({
      title: t('file.deleteTitle', { name }), text: t('file.deleteText'), submit: t('file.delete'), danger: true,
      onConfirm: async () => {
        await deleteFile(chosen.id);
        await client.invalidateQueries({ queryKey: keys.files });
      },
    });
  };

  return (
    <div className={styles.box}>
      <div
        className={styles.drop}
        data-over={over}
        data-invalid={invalid || lost}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(!disabled);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={onDrop}
      >
        <InboxOutlined aria-hidden="true" />
        <span>
          <button type="button" className={styles.pick} disabled={disabled || busy} onClick={() => pick('')}>
            {t('file.pick')}
          </button>
          <small>{t('file.formats')}</small>
        </span>
        <input
          ref={input}
          type="file"
          hidden
          aria-label={t('file.pick')}
          accept={ACCEPT}
          onChange={(event) => {
            take(event.target.files?.[0]);
            event.target.value = ''; // the same file again, after it was mended
          }}
        />
      </div>
      {sending !== undefined && <Progress percent={Math.floor(sending.share * 100)} size="small" aria-label={t('file.sending', { name: sending.name })} />}
      {refused !== undefined && <Banner tone="err" title={refused.message}>{refused.hint}</Banner>}
      <Select
        id={id}
        style={{ width: '100%' }}
        showSearch
        loading={files.isPending}
        value={name === '' ? undefined : name}
        status={invalid || lost ? 'error' : undefined}
        disabled={disabled}
        aria-describedby={describedBy}
        placeholder={t(files.data?.length === 0 ? 'file.none' : 'file.choose')}
        notFoundContent={t('file.none')}
        options={(files.data ?? []).map((one) => ({ value: one.name, label: one.name, size: formatSize(one.size, i18n.language) }))}
        optionRender={(option) => (
          <span className={styles.option}>
            <span>{option.label}</span>
            <small>{(option.data as { size: string }).size}</small>
          </span>
        )}
        onChange={(next: string) => onChange(next)}
      />
      {lost && <Banner tone="err" title={t('file.lost', { name })}>{t('file.lostHint')}</Banner>}
      {chosen !== undefined && (
        <p className={styles.facts}>
          <span>
            {t('file.facts', { size: formatSize(chosen.size, i18n.language), by: chosen.uploadedBy, at: formatTime(chosen.uploadedAt, i18n.language) })}
          </span>
          <Button size="small" type="text" icon={<SwapOutlined aria-hidden="true" />} disabled={disabled || busy} onClick={() => pick(name)}>
            {t('file.replace')}
          </Button>
          <Button size="small" type="text" icon={<DownloadOutlined aria-hidden="true" />} href={`${API_BASE}/files/${chosen.id}/content`} download={name} aria-label={t('file.download')} title={t('file.download')} />
          <Button size="small" type="text" icon={<DeleteOutlined aria-hidden="true" />} disabled={disabled || busy} aria-label={t('file.delete')} title={t('file.delete')} onClick={remove} />
        </p>
      )}
      <FilePreview on={chosen !== undefined} />
    </div>
  );
}
