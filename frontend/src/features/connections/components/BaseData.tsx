import { Button, Checkbox } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useMay } from '../../../shared/api/session';
import styles from '../../../shared/connections/Connections.module.css';
import { useText } from '../../../shared/i18n/useText';
import { useDialogs } from '../../../shared/ui/dialogs';
import { QueryView } from '../../../shared/ui/QueryView';
import { StateTag } from '../../../shared/ui/StateTag';
import { type BaseSet, useBaseData, useMakeBaseData } from '../api';

const idOf = (set: BaseSet) => `${set.operation}#${set.form ?? ''}`;

/** The base data that a system's bills refer to: one click makes the flows that collect it. */
export default function BaseData({ name }: { name: string }) {
  const { t } = useTranslation('connections');
  const text = useText();
  const mayEdit = useMay('edit');
  const { toast } = useDialogs();
  const sets = useBaseData(name);
  const make = useMakeBaseData(name);
  const [chosen, setChosen] = useState<readonly string[]>([]);

  const submit = (items: BaseSet[]) => {
    const wanted = items.filter((set) => chosen.includes(idOf(set))).map(({ operation, form }) => (form === undefined ? { operation } : { operation, form }));
    make.mutate(wanted, {
      onSuccess: (made) => {
        setChosen([]);
        toast(t('baseData.done', { count: made.length }));
      },
    });
  };

  return (
    <section className={styles.baseData} aria-label={t('baseData.title')}>
      <h3>{t('baseData.title')}</h3>
      <p className={styles.used}>{t('baseData.lead')}</p>
      <QueryView query={sets}>
        {(items) =>
          items.length === 0 ? (
            <p>{t('baseData.empty')}</p>
          ) : (
            <>
              <ul>
                {items.map((set) => (
                  <li key={idOf(set)}>
                    <Checkbox
                      checked={chosen.includes(idOf(set))}
                      disabled={!mayEdit || make.isPending}
                      onChange={({ target }) => setChosen((now) => (target.checked ? [...now, idOf(set)] : now.filter((id) => id !== idOf(set))))}
                    >
                      {text(set.title)} <small>{set.form ?? set.operation}</small>
                    </Checkbox>
                    {set.flow === undefined ? (
                      <span className={styles.used}>{t('baseData.none')}</span>
                    ) : (
                      <span>
                        {set.flow.lastRun !== undefined && <StateTag of="run" state={set.flow.lastRun.state} />}{' '}
                        <Link to={`/flows/${set.flow.id}/design`}>{t('baseData.flow')}</Link>{' '}
                        <Link to={`/documents?flow=${set.flow.id}`}>{t('baseData.documents', { count: set.documents })}</Link>
                      </span>
                    )}
                  </li>
                ))}
              </ul>
              {mayEdit && (
                <Button disabled={chosen.length === 0} loading={make.isPending} onClick={() => submit(items)}>
                  {t('baseData.do')}
                </Button>
              )}
            </>
          )
        }
      </QueryView>
    </section>
  );
}
