import { toString as inWords } from 'cronstrue';
import 'cronstrue/locales/zh_CN';
import type { TFunction } from 'i18next';

/** A schedule of fixed times of every day: the words for it alone would not say of which day. */
const daily = (cron: string) => /^[\d,]+ [\d,]+ \* \* \*$/.test(cron);

/** A schedule in words; one that is none gives back itself. */
export function cronWords(cron: string, language: string, t: TFunction): string {
  try {
    const words = inWords(cron, { locale: language === 'en' ? 'en' : 'zh_CN', use24HourTimeFormat: true });
    return daily(cron) ? t('common:schedule.daily', { times: words.slice(words.search(/\d/)) }) : words;
  } catch {
    return cron;
  }
}
