import { CaretDownOutlined, CaretRightOutlined } from '@ant-design/icons';
import { App } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useText } from '~/shared/i18n/useText';
import { matches } from '~/model/pinyin';
import { type SampleField, shortText } from '~/model/sampleTree';
import { insertHere, PATH_MIME } from '../form/insertTarget';
import styles from './FieldTree.module.css';

const hit = (field: SampleField, query: string): boolean => matches(query, field.path, field.title?.zh, field.title?.en, shortText(field.value)) || field.children.some((child) => hit(child, query));

/** The fields of a document: drag one into a text box, or click to put it into the one used last. */
export function FieldTree({ fields, query, depth = 0 }: { fields: readonly SampleField[]; query: string; depth?: number }) {
  const { t } = useTranslation('designer');
  const shown = query === '' ? fields : fields.filter((field) => hit(field, query));
  return (
    <ul className={styles.tree} role={depth === 0 ? 'tree' : 'group'} aria-label={depth === 0 ? t('input.fields') : undefined}>
      {shown.map((field) => (
        <FieldRow key={field.path} field={field} query={query} depth={depth} />
      ))}
    </ul>
  );
}

function FieldRow({ field, query, depth }: { field: SampleField; query: string; depth: number }) {
  const { t } = useTranslation('designer');
  const text = useText();
  const { message } = App.useApp();
  const [open, setOpen] = useState(depth < 1);
  const folder = field.children.length > 0;
  const unfolded = open || query !== '';
  const use = () => {
    if (!insertHere(field.path)) void message.info({ key: 'insert', content: t('input.chooseBox') });
  };
  return (
    <li role="treeitem" aria-expanded={folder ? unfolded : undefined} aria-level={depth + 1} aria-selected={false} className={styles.item}>
      <div className={styles.row} style={{ paddingLeft: 4 + depth * 14 }}>
        {folder ? (
          <button type="button" className={styles.fold} aria-label={t(unfolded ? 'input.fold' : 'input.unfold', { name: field.key })} onClick={() => setOpen(!open)}>
            {unfolded ? <CaretDownOutlined /> : <CaretRightOutlined />}
          </button>
        ) : (
          <span className={styles.fold} />
        )}
        <button
          type="button"
          className={styles.field}
          data-new={field.isNew}
          draggable
          title={`${field.path}${field.isNew ? ` · ${t('input.isNew')}` : ''}`}
          onDragStart={(event) => {
            event.dataTransfer.setData(PATH_MIME, field.path);
            event.dataTransfer.setData('text/plain', `{{${field.path}}}`);
            event.dataTransfer.effectAllowed = 'copy';
          }}
          onClick={use}
        >
          <code>{field.key}</code>
          <span className={styles.name}>{text(field.title)}</span>
          <span className={styles.value} data-type={field.type}>
            {field.count === undefined ? shortText(field.value, 60) : `[${field.count}]`}
          </span>
        </button>
      </div>
      {folder && unfolded && <FieldTree fields={field.children} query={query} depth={depth + 1} />}
    </li>
  );
}
