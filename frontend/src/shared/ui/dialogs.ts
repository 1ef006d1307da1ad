import { createContext, useContext } from 'react';
import { asApiError, CODE_NETWORK } from '../api/errors';

export interface Question {
  title: string;
  text: string;
  submit: string;
  /** The word for leaving it, where that is not simply to cancel. */
  cancel?: string;
  danger?: boolean;
  /** Called when it is left without being confirmed. */
  onCancel?: () => void;
  /** Its refusal is shown in place of the question. */
  onConfirm: () => Promise<unknown>;
}

export interface Notice {
  title: string;
  text: string;
}

/** It worked; it did not; something is to be known; something was refused. */
export type Tone = 'ok' | 'err' | 'note' | 'warn';

export interface Dialogs {
  /** Asks before something that cannot be taken back. */
  ask: (question: Question) => void;
  /** Tells something that must be read. */
  tell: (notice: Notice) => void;
  /** Tells in passing what came of something. The same words are told once at a time. What can be taken back can be so while they stand there. */
  toast: (text: string, tone?: Tone, undo?: () => void) => void;
}

export const DialogsContext = createContext<Dialogs | undefined>(undefined);

export function useDialogs(): Dialogs {
  const dialogs = useContext(DialogsContext);
  if (dialogs === undefined) throw new Error('there is no DialogsProvider above');
  return dialogs;
}

/** A refusal as a notice; offline is the words to say when nothing answered. */
export function noticeOf(error: unknown, offline: string): Notice {
  const refusal = asApiError(error);
  const problems = refusal.problems.map(({ message, hint }) => [message, hint].filter(Boolean).join(' '));
  return { title: refusal.code === CODE_NETWORK ? offline : refusal.message, text: [refusal.hint, ...problems].filter(Boolean).join('\n') };
}
