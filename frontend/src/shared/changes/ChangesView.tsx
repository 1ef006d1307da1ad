import { useTranslation } from 'react-i18next';
import type { DiffChange, DiffNode, DiffSaid, FlowDiff } from '../api/types';
import { useText } from '../i18n/useText';
import styles from './ChangesView.module.css';

/** Whether two documents do the same, wherever their nodes are drawn. */
export const doesTheSame = (diff: FlowDiff): boolean => diff.nodes.length + diff.wires.length + diff.flow.length === 0;

/** What differs between two versions of a flow, node by node. */
export function ChangesView({ diff }: { diff: FlowDiff }) {
  const { t } = useTranslation();
  const said = useText();
  return (
    <div className={styles.all}>
      {doesTheSame(diff) && <p className={styles.quiet}>{t(diff.layout || diff.tests.length > 0 ? 'changes.onlyAside' : 'changes.none')}</p>}
      {diff.nodes.map((node) => (
        <section key={node.id} className={styles.node} data-kind={node.kind}>
          <h4>
            <KindTag kind={node.kind} />
            <span>{node.title || said(node.typeTitle) || node.id}</span>
            <small>
              {said(node.typeTitle)} <code>{node.id}</code>
              {node.was !== undefined && <> {t('changes.was', { id: node.was })}</>}
            </small>
          </h4>
          {node.changes.length > 0 && <Rows of={node} />}
        </section>
      ))}
      {diff.wires.length > 0 && (
        <section className={styles.node}>
          <h4>{t('changes.wires')}</h4>
          <ul>
            {diff.wires.map((wire) => (
              <li key={`${wire.from} ${wire.to}`}>
                <KindTag kind={wire.kind} />
                {wire.kind === 'moved' && (
                  <>
                    <del>
                      <code>{wire.wasFrom}</code> → <code>{wire.wasTo}</code>
                    </del>{' '}
                  </>
                )}
                <span>
                  <code>{wire.from}</code> → <code>{wire.to}</code>
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {diff.flow.length > 0 && (
        <section className={styles.node}>
          <h4>{t('changes.flow')}</h4>
          <Rows of={{ changes: diff.flow }} />
        </section>
      )}
      {diff.tests.length > 0 && (
        <section className={styles.node} data-aside="true">
          <h4>
            {t('changes.tests')} <small>{t('changes.aside')}</small>
          </h4>
          <Rows of={{ changes: diff.tests }} />
        </section>
      )}
      {diff.layout && <p className={styles.quiet}>{t('changes.layout')}</p>}
    </div>
  );
}

export function KindTag({ kind }: { kind: string }) {
  const { t } = useTranslation();
  return (
    <span className={styles.kind} data-kind={kind}>
      {t(`changes.kind.${kind}`)}
    </span>
  );
}

function Rows({ of }: { of: Pick<DiffNode, 'changes'> }) {
  return (
    <ul>
      {of.changes.map((change, i) => (
        <li key={i}>
          <Row change={change} />
        </li>
      ))}
    </ul>
  );
}

/** The last titles tell settings and rows apart; the path says it exactly. */
function Row({ change }: { change: DiffChange }) {
  const { t } = useTranslation();
  const said = useText();
  const titles = (change.titles ?? []).map((title) => said(title)).filter(Boolean);
  const part = t(`changes.part.${change.part}`, { defaultValue: '' });
  const label = [...(titles.length > 0 ? titles : [part]), ...(change.name === undefined ? [] : [change.name])].filter(Boolean).join(' · ');
  const about = change.part === 'meta' || change.part === 'flowSetting' ? t(`changes.part.${change.path.split('.')[0] ?? ''}`, { defaultValue: label }) : label;
  const place = (value: DiffSaid | undefined) => (change.kind === 'moved' ? t('changes.place', { no: value?.text }) : undefined);
  return (
    <>
      <KindTag kind={change.kind} />
      <span className={styles.about}>
        {about} {change.path !== '' && change.part !== 'trigger' && <code>{change.path}</code>}
        {change.member !== undefined && <small> {t(`changes.member.${change.member}`, { defaultValue: change.member })}</small>}
      </span>
      {change.hunks === undefined ? (
        <span className={styles.values}>
          {change.before !== undefined && <del>{place(change.before) ?? <Value of={change.before} />}</del>}
          {change.before !== undefined && change.after !== undefined && <span aria-hidden="true"> → </span>}
          {change.after !== undefined && <ins>{place(change.after) ?? <Value of={change.after} />}</ins>}
        </span>
      ) : (
        <Hunks of={change} />
      )}
    </>
  );
}

function Value({ of }: { of: DiffSaid }) {
  const { t } = useTranslation();
  const words = useText()(of.title);
  return words === '' ? <code>{of.text === '' ? t('changes.empty') : of.text}</code> : <span title={of.text}>{words}</span>;
}

const SIGNS: Record<string, string> = { added: '+', removed: '−', same: ' ' };

function Hunks({ of }: { of: DiffChange }) {
  const { t } = useTranslation();
  return (
    <div className={styles.hunks} role="group" tabIndex={0} aria-label={t('changes.lines')}>
      {of.hunks?.map((hunk) => (
        <pre key={`${hunk.before} ${hunk.after}`}>
          <span className={styles.where}>{t('changes.line', { no: hunk.after })}</span>
          {hunk.lines.map((line, i) => (
            <span key={i} data-kind={line.kind}>
              {SIGNS[line.kind]} {line.text}
            </span>
          ))}
        </pre>
      ))}
    </div>
  );
}
