import { SwapOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useCodeTables } from '~/shared/api/catalog';
import { useText } from '~/shared/i18n/useText';
import { Menu } from '~/shared/ui/Menu';
import type { Line } from '~/model/mapping';
import styles from './Mapping.module.css';

/** A field of base data takes the target's codes: where the source has its own, a code table stands between. */
export function TableChip({ line, onPick }: { line: Line; onPick: (name: string) => void }) {
  const { t } = useTranslation('designer');
  const text = useText();
  const navigate = useNavigate();
  const tables = useCodeTables().data ?? [];
  const title = text(line.title) || line.field;
  // Those that are named like the field or its kind come first.
  const near = (name: string) => (name.includes(title) || name.toLowerCase().includes((line.declared?.baseData ?? '').replace(/^.*_/, '').toLowerCase()) ? 0 : 1);
  const items = [...tables].sort((a, b) => near(a.title + a.name) - near(b.title + b.name));
  return (
    <Menu
      label={t('mapping.needsTable', { name: title, kind: line.declared?.baseData })}
      button={<SwapOutlined aria-hidden="true" />}
      className={styles.tableChip ?? ''}
      heading={t('mapping.needsTableText', { kind: line.declared?.baseData })}
      items={[
        ...items.map((one) => ({ key: one.name, label: one.title === '' || one.title === one.name ? one.name : `${one.title} (${one.name})`, onSelect: () => onPick(one.name) })),
        { key: '+', label: t('mapping.newTable'), onSelect: () => void navigate('/codes') },
      ]}
    />
  );
}
