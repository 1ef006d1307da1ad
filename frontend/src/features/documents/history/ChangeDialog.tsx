import { useTranslation } from 'react-i18next';
import { Dialog } from '../../../shared/ui/Dialog';
import { JsonDiff } from '../../../shared/ui/JsonDiff';
import { QueryView } from '../../../shared/ui/QueryView';
import { payloadText } from '../model/detail';
import { useChange } from './api';

/** Both texts of an edit side by side. */
export function ChangeDialog({ document, event, onClose }: { document: string; event: string; onClose: () => void }) {
  const { t } = useTranslation('documents');
  const query = useChange(document, event);
  return (
    <Dialog size="large" title={t('edit.compare')} submit={t('common:action.close')} onSubmit={onClose} onClose={onClose}>
      <QueryView query={query}>
        {({ before, after }) =>
          before === undefined && after === undefined ? (
            <p>{t('history.purged')}</p>
          ) : (
            <JsonDiff before={payloadText(before)} after={payloadText(after)} labels={[t('edit.before'), t('edit.after')]} height="50vh" />
          )
        }
      </QueryView>
    </Dialog>
  );
}
