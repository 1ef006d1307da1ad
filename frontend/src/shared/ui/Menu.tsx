import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import styles from './Menu.module.css';

export interface MenuItem {
  key: string;
  label: ReactNode;
  icon?: ReactNode;
  danger?: boolean;
  disabled?: boolean;
  /** Set on choices: whether this is the one in force. */
  checked?: boolean;
  onSelect: () => void;
}

interface Props {
  /** The name of the button for people who do not see it. */
  label: string;
  button: ReactNode;
  className?: string;
  /** Text above the items that cannot be chosen. */
  heading?: ReactNode;
  items: MenuItem[];
}

const WIDTH = 208;

/** A button that opens a list of actions or choices, by mouse and by keys. */
export function Menu({ label, button, className, heading, items }: Props) {
  const id = useId();
  const opener = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<{ left: number; top: number; within: Element }>();
  const open = place !== undefined;

  const show = () => {
    if (opener.current === null) return;
    const box = opener.current.getBoundingClientRect();
    // Stays in the landmark it was opened from.
    const within = opener.current.closest('main, header') ?? document.body;
    const height = items.length * 36 + (heading === undefined ? 12 : 48);
    const below = box.bottom + 4 + height < globalThis.innerHeight;
    setPlace({ left: Math.max(8, Math.min(box.right - WIDTH, globalThis.innerWidth - WIDTH - 8)), top: below ? box.bottom + 4 : Math.max(8, box.top - 4 - height), within });
  };
  const hide = () => {
    setPlace(undefined);
    opener.current?.focus();
  };

  useEffect(() => {
    if (!open) return;
    const entries = () => [...(list.current?.querySelectorAll<HTMLElement>('[role^=menuitem]:not([aria-disabled=true])') ?? [])];
    (entries().find((entry) => entry.ariaChecked === 'true') ?? entries()[0])?.focus();
    const away = (event: Event) => {
      const target = event.target as Node;
      if (list.current?.contains(target) !== true && opener.current?.contains(target) !== true) setPlace(undefined);
    };
    const gone = () => setPlace(undefined);
    document.addEventListener('pointerdown', away);
    globalThis.addEventListener('resize', gone);
    document.addEventListener('scroll', away, true);
    return () => {
      document.removeEventListener('pointerdown', away);
      globalThis.removeEventListener('resize', gone);
      document.removeEventListener('scroll', away, true);
    };
  }, [open]);

  const onKeyDown = (event: KeyboardEvent) => {
    const entries = [...(list.current?.querySelectorAll<HTMLElement>('[role^=menuitem]:not([aria-disabled=true])') ?? [])];
    const at = entries.indexOf(document.activeElement as HTMLElement);
    const go = (to: number) => {
      event.preventDefault();
      entries[(to + entries.length) % entries.length]?.focus();
    };
    if (event.key === 'ArrowDown') go(at + 1);
    else if (event.key === 'ArrowUp') go(at - 1);
    else if (event.key === 'Home') go(0);
    else if (event.key === 'End') go(entries.length - 1);
    else if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      hide();
    } else if (event.key === 'Tab') hide(); // and on from the button
  };

  return (
    <>
      <button
        ref={opener}
        type="button"
        className={className ?? styles.opener}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={(event) => {
          event.stopPropagation();
          if (open) setPlace(undefined);
          else show();
        }}
      >
        {button}
      </button>
      {open &&
        createPortal(
          <div ref={list} id={id} role="menu" tabIndex={-1} aria-label={label} className={styles.list} style={{ left: place.left, top: place.top, width: WIDTH }} onKeyDown={onKeyDown}>
            {heading !== undefined && <div className={styles.heading}>{heading}</div>}
            {items.map((item) => (
              <button
                key={item.key}
                type="button"
                role={item.checked === undefined ? 'menuitem' : 'menuitemradio'}
                aria-checked={item.checked}
                aria-disabled={item.disabled}
                tabIndex={-1}
                className={item.danger === true ? styles.danger : styles.item}
                onClick={(event) => {
                  event.stopPropagation();
                  if (item.disabled === true) return;
                  hide();
                  item.onSelect();
                }}
              >
                <span className={styles.icon} aria-hidden="true">
                  {item.icon}
                </span>
                {item.label}
                {item.checked === true && (
                  <span className={styles.mark} aria-hidden="true">
                    ✓
                  </span>
                )}
              </button>
            ))}
          </div>,
          place.within,
        )}
    </>
  );
}
