import { toString as inWords } from 'cronstrue';
import 'cronstrue/locales/zh_CN';

/** A schedule in words; one that is none gives back itself. */
export function cronWords(cron: string, language: string): string {
  try {
    return inWords(cron, { locale: language === 'en' ? 'en' : 'zh_CN', use24HourTimeFormat: true });
  } catch {
    return cron;
  }
}
