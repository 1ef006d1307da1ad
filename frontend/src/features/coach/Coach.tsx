import { CloseOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { endGuide, type Guide } from '~/shared/lib/guides.store';
import styles from './Coach.module.css';
import { beside, type Box, isBusy, NEEDED, partOf, shownParts } from './guides';

/** How often a page is looked at until it can be shown around in (ms). */
const LOOK = 250;

interface Props {
  guide: Guide;
  person: string;
  /** Asked for: it begins at once with what there is. */
  asked: boolean;
}

/**
 * Shows a person around: a card beside one part of the page after the other, with a ring
 * around the part. The page stays in use; Escape puts the guide away for good.
 */
export default function Coach({ guide, person, asked }: Props) {
  const [parts, setParts] = useState<string[]>();
  useEffect(() => {
    if (parts !== undefined) return;
    const look = () => {
      if (isBusy() || (!asked && partOf(NEEDED[guide]) === null)) return;
      const found = shownParts(guide);
      if (found.length > 0) setParts(found);
      else if (asked) endGuide(guide, person);
    };
    const timer = setInterval(look, LOOK);
    return () => clearInterval(timer);
  }, [guide, person, asked, parts]);
  return parts === undefined ? null : <Card parts={parts} onEnd={() => endGuide(guide, person)} />;
}

function Card({ parts, onEnd }: { parts: readonly string[]; onEnd: () => void }) {
  const { t } = useTranslation('coach');
  const [at, setAt] = useState(0);
  const card = useRef<HTMLDivElement>(null);
  const opener = useRef<Element>(null);
  const name = parts[at] ?? '';
  const { ring, place } = usePlace(name, card);
  const last = at === parts.length - 1;

  // The focus goes to the card and back to where it was.
  useEffect(() => {
    opener.current = document.activeElement;
    const back = opener.current;
    card.current?.focus({ preventScroll: true });
    return () => {
      if (back instanceof HTMLElement && back.isConnected) back.focus({ preventScroll: true });
    };
  }, []);

  const go = (to: number) => {
    if (to >= parts.length) onEnd();
    else setAt(Math.max(0, to));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const act = { Escape: onEnd, ArrowRight: () => go(at + 1), ArrowLeft: () => go(at - 1), ArrowDown: () => go(at + 1), ArrowUp: () => go(at - 1) }[event.key];
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };

  return (
    <>
      {ring !== undefined && <div className={styles.ring} style={ring} aria-hidden="true" />}
      <div ref={card} className={styles.card} style={place} role="dialog" aria-labelledby="coach-title" aria-describedby="coach-text" tabIndex={-1} onKeyDown={onKeyDown} data-part={name}>
        <div className={styles.head}>
          <h2 id="coach-title">{t(`${name}.title`)}</h2>
          <button type="button" className={styles.close} aria-label={t('end')} title={`${t('end')} (Esc)`} onClick={onEnd}>
            <CloseOutlined aria-hidden="true" />
          </button>
        </div>
        <p id="coach-text" aria-live="polite">
          {t(`${name}.text`)}
        </p>
        <div className={styles.foot}>
          <span className="kz-num">{t('step', { at: at + 1, of: parts.length })}</span>
          <span className={styles.push} />
          {at > 0 && (
            <Button size="small" onClick={() => go(at - 1)}>
              {t('back')}
            </Button>
          )}
          <Button size="small" type="primary" onClick={() => go(at + 1)}>
            {t(last ? 'done' : 'next')}
          </Button>
        </div>
      </div>
    </>
  );
}

/** Where the part is and where the card goes, also while the page moves. */
function usePlace(name: string, card: React.RefObject<HTMLDivElement | null>): { ring: Box | undefined; place: { left: number; top: number } } {
  const [found, setFound] = useState<{ ring: Box | undefined; place: { left: number; top: number } }>({ ring: undefined, place: { left: 0, top: 0 } });
  useLayoutEffect(() => {
    const measure = () => {
      const box = partOf(name)?.getBoundingClientRect();
      const own = card.current?.getBoundingClientRect();
      if (own === undefined) return;
      const pane = { width: innerWidth, height: innerHeight };
      const ring = box === undefined || box.width === 0 ? undefined : { left: box.left - 3, top: box.top - 3, width: box.width + 6, height: box.height + 6 };
      const place = ring === undefined ? { left: pane.width - own.width - 24, top: pane.height - own.height - 24 } : beside(ring, own, pane);
      setFound((was) => (JSON.stringify(was) === JSON.stringify({ ring, place }) ? was : { ring, place }));
    };
    measure();
    const timer = setInterval(measure, LOOK);
    addEventListener('resize', measure);
    addEventListener('scroll', measure, true);
    return () => {
      clearInterval(timer);
      removeEventListener('resize', measure);
      removeEventListener('scroll', measure, true);
    };
  }, [name, card]);
  return found;
}
