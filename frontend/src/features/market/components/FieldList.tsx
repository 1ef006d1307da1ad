import { useTranslation } from 'react-i18next';
import { type FlowDocument, nodesOf, settingsOf } from '../../../model/document';
import { flatLines, mappingLines } from '../../../model/mapping';
import { useText } from '../../../shared/i18n/useText';
import panel from '../../../shared/ui/Panel.module.css';

/** What each mapping of a flow puts into which field. */
export default function FieldList({ doc }: { doc: FlowDocument }) {
  const { t } = useTranslation('market');
  const text = useText();
  return nodesOf(doc)
    .filter((node) => Array.isArray(settingsOf(node).fields))
    .map((node) => (
      <div key={node.id} className={panel.scroll} tabIndex={0} role="region" aria-label={node.title ?? node.id}>
        <table className={panel.table} aria-label={node.title ?? node.id}>
          <caption className={panel.sub}>{node.title ?? node.id}</caption>
          <thead>
            <tr>
              <th scope="col">{t('field.name')}</th>
              <th scope="col">{t('field.title')}</th>
              <th scope="col">{t('field.type')}</th>
              <th scope="col">{t('field.value')}</th>
            </tr>
          </thead>
          <tbody>
            {flatLines(mappingLines(settingsOf(node).fields, [])).map((line) => (
              <tr key={line.id}>
                <td style={{ paddingInlineStart: `${String(line.depth * 20 + 16)}px` }}>
                  <code>{line.field}</code>
                </td>
                <td>{text(line.title)}</td>
                <td>{line.type}</td>
                <td>
                  <code>{line.value}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    ));
}
