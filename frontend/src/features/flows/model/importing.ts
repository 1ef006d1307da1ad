import type { components } from '../../../shared/api/schema.gen';

export type ImportLine = components['schemas']['ImportLine'];
export type Answers = components['schemas']['ImportAnswers'];
type Choice = { connector?: string; operation: string };

export const NO_ANSWERS: Answers = {};

/** A choice as the value of an option; an operation may hold any sign, a connector holds no blank. */
export const keyOf = ({ connector = '', operation }: Choice) => `${connector} ${operation}`;

export function choiceOf(key: string): Choice {
  const at = key.indexOf(' ');
  return at <= 0 ? { operation: key.slice(at + 1) } : { connector: key.slice(0, at), operation: key.slice(at + 1) };
}
