import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { asApiError, fieldErrors } from '../api/errors';
import { usePullNumbers } from '../api/pullNumbers';
import { LONGEST_NUMBER, MOST_NUMBERS, readNumbers } from '../lib/numbers';
import { Banner } from './Banner';
import { Dialog } from './Dialog';
import styles from './NumbersDialog.module.css';

/** Asks for document numbers, fetches them with a flow and leads to the run. */
export function NumbersDialog({ flow, title, onClose }: { flow: string; title: string; onClose: () => void }) {
  const { t } = useTranslation();
  const id = useId();
  const navigate = useNavigate();
  const pull = usePullNumbers(flow);
  const [text, setText] = useState('');
  // Nothing is wrong with what nobody sent yet.
  const [sent, setSent] = useState<string[]>();
  const numbers = readNumbers(text);
  const long = numbers.find((number) => [...number].length > LONGEST_NUMBER);

  const own = () => {
    if (numbers.length > MOST_NUMBERS) return t('numbers.tooMany', { most: MOST_NUMBERS });
    if (long !== undefined) return t('numbers.tooLong', { most: LONGEST_NUMBER, number: `${long.slice(0, 20)}…` });
    return sent !== undefined && numbers.length === 0 ? t('numbers.needed') : undefined;
  };
  const mine = own();
  const told = Object.entries(fieldErrors(pull.error)).filter(([path]) => path.startsWith('numbers'));
  const named = told.filter(([path]) => path.includes('['));
  const wrong = mine ?? ((named.length > 0 ? named : told).map(([path, words]) => nameOf(path, sent, words)).join('\n') || undefined);

  const send = () => {
    setSent(numbers);
    if (numbers.length > 0 && mine === undefined) pull.mutate(numbers, { onSuccess: (run) => void navigate(`/runs/${run.id}`) });
  };
  return (
    <Dialog title={t('numbers.title')} submit={t('numbers.submit')} cancel={t('action.cancel')} pending={pull.isPending} dismissable={text === ''} onSubmit={send} onClose={onClose}>
      {pull.error !== null && told.length === 0 && (
        <Banner tone="err" title={asApiError(pull.error).message}>
          {asApiError(pull.error).hint}
        </Banner>
      )}
      <p className={styles.about}>{t('numbers.about', { title })}</p>
      <div className={styles.field}>
        <label htmlFor={id}>{t('numbers.label')}</label>
        <textarea
          id={id}
          value={text}
          rows={8}
          autoFocus
          spellCheck={false}
          placeholder={t('numbers.example')}
          aria-invalid={wrong !== undefined}
          aria-describedby={`${id}-note`}
          onChange={(event) => {
            setText(event.target.value);
            setSent(undefined);
            if (pull.error !== null) pull.reset();
          }}
        />
        <p id={`${id}-note`} className={styles.note}>
          <span className={styles.error} role={wrong === undefined ? undefined : 'alert'}>
            {wrong}
          </span>
          <span className={styles.count}>{t('numbers.count', { count: numbers.length, most: MOST_NUMBERS })}</span>
        </p>
      </div>
    </Dialog>
  );
}

/** The refused number before the words about it: a place in a list tells a person little. */
function nameOf(path: string, sent: string[] | undefined, words: string): string {
  const at = /^numbers\[(\d+)\]$/.exec(path)?.[1];
  const number = at === undefined ? undefined : sent?.[Number(at)];
  return number === undefined ? words : `${number}: ${words}`;
}
