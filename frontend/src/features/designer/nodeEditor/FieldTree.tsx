import { CaretDownOutlined, CaretRightOutlined } from '@ant-design/icons';
import { type KeyboardEvent, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useText } from '~/shared/i18n/useText';
import { useDialogs } from '~/shared/ui/dialogs';
import { matches } from '~/model/pinyin';
import { type SampleField, shortText } from '~/model/sampleTree';
import { insertHere, PATH_MIME } from '../form/insertTarget';
import styles from './FieldTree.module.css';

const hit = (field: SampleField, query: string): boolean => matches(query, field.path, field.title?.zh, field.title?.en, shortText(field.value)) || field.children.some((child) => hit(child, query));

const shownOf = (fields: readonly SampleField[], query: string) => (query === '' ? fields : fields.filter((field) => hit(field, query)));
const pathsOf = (fields: readonly SampleField[], query: string): string[] => shownOf(fields, query).flatMap((field) => [field.path, ...pathsOf(field.children, query)]);

interface BranchProps {
  fields: readonly SampleField[];
  query: string;
  depth: number;
  /** Path of the one field that Tab comes to; arrows lead to the others. */
  at: string | undefined;
  onAt: (path: string) => void;
}

/** The fields of a document: drag one into a text box, or click to put it into the one used last. */
export function FieldTree({ fields, query }: { fields: readonly SampleField[]; query: string }) {
  const { t } = useTranslation('designer');
  const [last, setLast] = useState<string>();
  const paths = useMemo(() => pathsOf(fields, query), [fields, query]);
  const at = last !== undefined && paths.includes(last) ? last : paths[0];
  return (
    <ul className={styles.tree} role="tree" aria-label={t('input.fields')} onKeyDown={walk}>
      <Branch fields={fields} query={query} depth={0} at={at} onAt={setLast} />
    </ul>
  );
}

/** Up and down go through what is unfolded, right and left unfold and fold. */
function walk(event: KeyboardEvent<HTMLUListElement>) {
  const item = event.target instanceof Element ? event.target.closest('li') : null;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-path]')];
  const now = rows.findIndex((row) => row === document.activeElement);
  const next = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: rows.length - 1 }[event.key];
  const turn = { ArrowRight: 'false', ArrowLeft: 'true' }[event.key];
  if (item === null || now < 0 || (next === undefined && turn === undefined)) return;
  event.preventDefault();
  if (next !== undefined) rows[next]?.focus();
  else if (item.getAttribute('aria-expanded') === turn) item.querySelector<HTMLElement>('[data-fold]')?.click();
}

function Branch({ fields, query, ...rest }: BranchProps) {
  return shownOf(fields, query).map((field) => <FieldRow key={field.path} field={field} query={query} {...rest} />);
}

function FieldRow({ field, ...branch }: Omit<BranchProps, 'fields'> & { field: SampleField }) {
  const { query, depth, at, onAt } = branch;
  const { t } = useTranslation('designer');
  const text = useText();
  const { toast } = useDialogs();
  const [open, setOpen] = useState(depth < 1);
  const folder = field.children.length > 0;
  const unfolded = open || query !== '';
  const use = () => {
    if (!insertHere(field.path)) toast(t('input.chooseBox'), 'note');
  };
  return (
    <li role="treeitem" aria-expanded={folder ? unfolded : undefined} aria-level={depth + 1} aria-selected={false}>
      <div className={styles.row} style={{ paddingLeft: 4 + depth * 14 }}>
        {folder ? (
          <button
            type="button"
            className={styles.fold}
            tabIndex={-1}
            data-fold
            aria-label={t(unfolded ? 'input.fold' : 'input.unfold', { name: field.key })}
            onClick={() => {
              setOpen(!open);
              onAt(field.path); // what had the focus may be folded away
            }}
          >
            {unfolded ? <CaretDownOutlined /> : <CaretRightOutlined />}
          </button>
        ) : (
          <span className={styles.fold} />
        )}
        <button
          type="button"
          className={styles.field}
          data-new={field.isNew}
          data-path={field.path}
          tabIndex={field.path === at ? 0 : -1}
          draggable
          title={`${field.path}${field.isNew ? ` · ${t('input.isNew')}` : ''}`}
          onDragStart={(event) => {
            event.dataTransfer.setData(PATH_MIME, field.path);
            event.dataTransfer.setData('text/plain', `{{${field.path}}}`);
            event.dataTransfer.effectAllowed = 'copy';
          }}
          onFocus={() => onAt(field.path)}
          onClick={use}
        >
          <code>{field.key}</code>
          <span className={styles.name}>{text(field.title)}</span>
          <span className={styles.value} data-type={field.type}>
            {field.count === undefined ? shortText(field.value, 60) : `[${field.count}]`}
          </span>
        </button>
      </div>
      {folder && unfolded && (
        <ul className={styles.tree} role="group">
          <Branch {...branch} fields={field.children} depth={depth + 1} />
        </ul>
      )}
    </li>
  );
}
