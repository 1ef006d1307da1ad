import { CloseCircleFilled, WarningFilled } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import type { Problem } from '~/shared/api/types';
import { splitEnd } from '~/model/graph';
import { isObject } from '~/model/document';
import { isFlowPath, placeOf } from '~/model/problems';
import { select } from '../actions';
import { useDesigner } from '../designer.store';
import { nameOf } from '../useRefusalText';
import styles from '../Panel.module.css';

interface Props {
  onShow: (id: string) => void;
  onOpen: (id: string, field: string | undefined) => void;
}

/** What is wrong with the draft, blocking first; a click goes there. */
export function ProblemsPanel({ onShow, onOpen }: Props) {
  const { t, i18n } = useTranslation('designer');
  const problems = useDesigner((state) => state.problems);
  const saved = useDesigner((state) => state.saved);
  const graph = useDesigner((state) => state.graph);
  if (problems.length === 0) return <p className={styles.none}>{t('problems.none')}</p>;
  const sorted = [...problems].sort((a, b) => Number(b.blocking === true) - Number(a.blocking === true));

  const go = (problem: Problem) => {
    const place = placeOf(problem, saved);
    if (place.node !== undefined && graph.nodes.has(place.node)) {
      select([place.node]);
      onShow(place.node);
      if (place.field !== undefined && place.field !== '') onOpen(place.node, place.field);
      return;
    }
    if (isFlowPath(problem.path)) return useDesigner.setState({ dialog: 'settings', dialogField: problem.path });
    const link = graph.links.find((one) => one.index === place.edge);
    if (link === undefined) return;
    select([], [link.id]);
    onShow(link.to.node);
  };
  const where = (problem: Problem): string => {
    const place = placeOf(problem, saved);
    if (place.node !== undefined) return nameOf(place.node, i18n.language);
    const edge = place.edge === undefined ? undefined : saved.spec.edges[place.edge];
    if (!isObject(edge)) return t('problems.flow');
    return `${nameOf(splitEnd(String(edge.from)).node, i18n.language)} → ${nameOf(splitEnd(String(edge.to)).node, i18n.language)}`;
  };
  return (
    <ul className={styles.problems}>
      {sorted.map((problem, i) => (
        <li key={`${problem.code}-${problem.path ?? ''}-${i}`}>
          <button type="button" className={styles.row} data-blocking={problem.blocking === true} onClick={() => go(problem)}>
            {problem.blocking === true ? <CloseCircleFilled aria-label={t('problems.blocking')} /> : <WarningFilled aria-label={t('problems.warning')} />}
            <b>{where(problem)}</b>
            <span>
              {problem.message}
              {problem.hint !== undefined && problem.hint !== '' && <small>{problem.hint}</small>}
            </span>
            <code title={problem.path}>{problem.code}</code>
          </button>
        </li>
      ))}
    </ul>
  );
}
