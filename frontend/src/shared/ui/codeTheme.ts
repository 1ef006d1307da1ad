import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorState, type Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import i18next from 'i18next';

const view = EditorView.theme({
  '&': { height: '100%', color: 'var(--kz-text)', backgroundColor: 'var(--kz-surface)', fontSize: '13px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--kz-mono)', lineHeight: '1.6' },
  '.cm-content': { caretColor: 'var(--kz-text)', padding: '8px 0' },
  '.cm-gutters': { backgroundColor: 'var(--kz-sunken)', color: 'var(--kz-text-3)', borderRight: '1px solid var(--kz-border)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--kz-primary) 7%, transparent)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, ::selection': { backgroundColor: 'color-mix(in srgb, var(--kz-primary) 26%, transparent)' },
  '.cm-cursor': { borderLeftColor: 'var(--kz-text)' },
  '.cm-tooltip': { backgroundColor: 'var(--kz-raised)', color: 'var(--kz-text)', border: '1px solid var(--kz-border)', borderRadius: '8px', boxShadow: 'var(--kz-shadow-3)' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--kz-primary-soft)', color: 'var(--kz-text)' },
  '.cm-panels': { backgroundColor: 'var(--kz-sunken)', color: 'var(--kz-text)' },
  '.cm-matchingBracket': { backgroundColor: 'var(--kz-primary-soft) !important', outline: '1px solid var(--kz-primary)' },
  '.cm-collapsedLines': { background: 'var(--kz-sunken)', color: 'var(--kz-text-3)', fontFamily: 'var(--kz-font)', padding: '4px 12px' },
  // The library's own marks are missing from most fonts.
  '.cm-collapsedLines:before, .cm-collapsedLines:after': { content: '"···"' },
  '.cm-changedLine': { backgroundColor: 'color-mix(in srgb, var(--kz-ok) 12%, transparent) !important' },
  '.cm-merge-a .cm-changedLine': { backgroundColor: 'color-mix(in srgb, var(--kz-err) 12%, transparent) !important' },
  '.cm-changedText': { background: 'color-mix(in srgb, var(--kz-ok) 30%, transparent) !important' },
  // The colours of the language are too weak on those of the difference.
  '.cm-changedText, .cm-changedText span': { color: 'var(--kz-text)' },
  '.cm-merge-a .cm-changedText': { background: 'color-mix(in srgb, var(--kz-err) 30%, transparent) !important' },
});

// The library's own colours cannot be read on a dark page.
const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--kz-primary)' },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: 'var(--kz-ok)' },
  { tag: [tags.number], color: 'var(--kz-info)' },
  { tag: [tags.keyword, tags.bool, tags.null, tags.controlKeyword], color: 'var(--kz-violet)' },
  { tag: [tags.comment], color: 'var(--kz-text-3)', fontStyle: 'italic' },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: 'var(--kz-sand)' },
  { tag: tags.invalid, color: 'var(--kz-err)' },
]);

/** The library's own words, by what it calls them. */
const PHRASES: Record<string, string> = {
  '$ unchanged lines': 'unchanged', Find: 'find', Replace: 'replace', next: 'next', previous: 'previous', all: 'all', 'match case': 'matchCase', regexp: 'regexp',
  'by word': 'byWord', replace: 'replaceOne', 'replace all': 'replaceAll', close: 'close', 'Go to line': 'goToLine', go: 'go', 'Fold line': 'fold', 'Unfold line': 'unfold',
  'folded code': 'folded', 'current match': 'currentMatch', 'on line': 'onLine', 'replaced $ matches': 'replacedMany', 'replaced match on line $': 'replacedOne', unfold: 'unfold', to: 'to',
};

function phrases(): Extension {
  return EditorState.phrases.of(Object.fromEntries(Object.entries(PHRASES).map(([own, key]) => [own, i18next.t(`code.${key}`)])));
}

/** Colours and words of the page for an editor, which the content security policy lets in by the nonce. */
export function codeTheme(nonce: string): Extension {
  return [view, syntaxHighlighting(colours), phrases(), nonce === '' ? [] : EditorView.cspNonce.of(nonce)];
}
