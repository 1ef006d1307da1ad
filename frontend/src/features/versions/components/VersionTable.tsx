import { DiffOutlined, EyeOutlined, MoreOutlined, RollbackOutlined } from '@ant-design/icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { useMay } from '../../../shared/api/session';
import type { FlowHistory, FlowVersion, VersionEditor } from '../../../shared/api/types';
import { useMappingDocument } from '../../../shared/hooks/useMappingDocument';
import { formatCount } from '../../../shared/lib/format';
import { Menu } from '../../../shared/ui/Menu';
import panel from '../../../shared/ui/Panel.module.css';
import { When } from '../../../shared/ui/When';
import styles from '../Versions.module.css';
import { RollbackDialog } from './RollbackDialog';

interface Props {
  flow: string;
  /** What the flow is called. */
  title: string;
  history: FlowHistory;
  onCompare: (from: string, to: string) => void;
}

export function VersionTable({ flow, title, history, onCompare }: Props) {
  const { t } = useTranslation('versions');
  const [back, setBack] = useState<FlowVersion>();
  const newest = history.items[0]?.no ?? 0;
  return (
    <section className={panel.panel}>
      <div className={`${panel.scroll} ${styles.scroll}`}>
        <table className={panel.table} aria-label={t('table')}>
          <thead>
            <tr>
              <th scope="col">{t('column.version')}</th>
              <th scope="col">{t('column.note')}</th>
              <th scope="col">{t('column.published')}</th>
              <th scope="col">{t('column.edited')}</th>
              <th scope="col">{t('column.inFlight')}</th>
              <th scope="col">{t('column.hash')}</th>
              <th scope="col">
                <span className="kz-sr">{t('common:action.more')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {history.dirty && (
              <tr>
                <td>
                  <Link to={`/flows/${flow}/design`} className={panel.strong}>
                    {t('draft')}
                  </Link>
                </td>
                <td className={panel.sub}>{t('draftOver', { no: newest })}</td>
                <td>–</td>
                <td>
                  <Editors of={history.draftEditors} />
                </td>
                <td>–</td>
                <td>–</td>
                <td>
                  <button type="button" className={styles.plain} onClick={() => onCompare(String(newest), 'draft')}>
                    {t('action.compare')}
                  </button>
                </td>
              </tr>
            )}
            {history.items.map((version) => (
              <Row key={version.no} flow={flow} title={title} version={version} enabled={history.enabled} newest={newest} onCompare={onCompare} onBack={() => setBack(version)} />
            ))}
          </tbody>
        </table>
      </div>
      {back !== undefined && <RollbackDialog flow={flow} history={history} version={back} onClose={() => setBack(undefined)} />}
    </section>
  );
}

interface RowProps {
  flow: string;
  title: string;
  version: FlowVersion;
  enabled: boolean;
  newest: number;
  onCompare: (from: string, to: string) => void;
  onBack: () => void;
}

function Row({ flow, title, version, enabled, newest, onCompare, onBack }: RowProps) {
  const { t, i18n } = useTranslation('versions');
  const navigate = useNavigate();
  const mayEdit = useMay('edit');
  const { no } = version;
  const mappingDocument = useMappingDocument();
  const items = [
    { key: 'open', label: t('action.open'), icon: <EyeOutlined aria-hidden="true" />, onSelect: () => void navigate(`/flows/${flow}/design?version=${no}`) },
    { key: 'before', label: t('action.compareBefore'), icon: <DiffOutlined aria-hidden="true" />, onSelect: () => onCompare(no > 1 ? String(no - 1) : 'nothing', String(no)) },
    { key: 'now', label: t('action.compareNow'), icon: <DiffOutlined aria-hidden="true" />, disabled: version.newest, onSelect: () => onCompare(String(no), String(newest)) },
    { key: 'draft', label: t('action.compareDraft'), icon: <DiffOutlined aria-hidden="true" />, onSelect: () => onCompare(String(no), 'draft') },
    ...mappingDocument({ flow, title, version: String(no) }),
  ];
  return (
    <tr>
      <td>
        <b>{t('version', { no })}</b>
        {version.newest && <span className={styles.mark}>{t(enabled ? 'running' : 'newest')}</span>}
      </td>
      <td className={styles.note}>
        {version.note || <span className={panel.sub}>{t('noNote')}</span>}
        {version.from !== undefined && <div className={panel.sub}>{t('wentBack', { no: version.from })}</div>}
      </td>
      <td>
        {nameOf(version.author, t('commandLine'))}
        <div className={panel.sub}>
          <When time={version.createdAt} as="exact" />
        </div>
      </td>
      <td>
        <Editors of={version.editors} />
      </td>
      <td className="kz-num">{version.inFlight === 0 ? <span className={panel.sub}>0</span> : formatCount(version.inFlight, i18n.language)}</td>
      <td>
        <code title={version.hash}>{version.hash.slice(0, 8)}</code>
      </td>
      <td className={styles.actions}>
        {mayEdit && !version.newest && (
          <button type="button" className={styles.plain} aria-label={t('action.backTo', { no })} onClick={onBack}>
            <RollbackOutlined aria-hidden="true" /> {t('action.back')}
          </button>
        )}
        <Menu label={t('action.more', { no })} button={<MoreOutlined aria-hidden="true" />} className={styles.plain} items={items} />
      </td>
    </tr>
  );
}

const nameOf = (author: string, otherwise: string) => author || otherwise;

/** Who saved the draft on the way to a version. */
function Editors({ of }: { of: VersionEditor[] }) {
  const { t } = useTranslation('versions');
  if (of.length === 0) return <span className={panel.sub}>–</span>;
  return (
    <ul className={styles.editors}>
      {of.map(({ name, last }) => (
        <li key={name}>
          {nameOf(name, t('commandLine'))} <span className={panel.sub}>{<When time={last} />}</span>
        </li>
      ))}
    </ul>
  );
}
