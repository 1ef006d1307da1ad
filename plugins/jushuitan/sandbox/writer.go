package sandbox

import (
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// writer writes JSON as the vendor would: numbers with the digits they are given.
type writer struct{ buf []byte }

func (w *writer) comma() {
	if n := len(w.buf); n > 0 && w.buf[n-1] != '{' && w.buf[n-1] != '[' && w.buf[n-1] != ':' {
		w.buf = append(w.buf, ',')
	}
}

func (w *writer) key(name string) {
	w.comma()
	w.buf = append(append(append(w.buf, '"'), name...), '"', ':')
}

func (w *writer) open() {
	w.comma()
	w.buf = append(w.buf, '{')
}

func (w *writer) list(name string) {
	w.key(name)
	w.buf = append(w.buf, '[')
}

func (w *writer) close(bracket byte) { w.buf = append(w.buf, bracket) }

func (w *writer) number(name, literal string) {
	w.key(name)
	w.buf = append(w.buf, literal...)
}

func (w *writer) int(name string, n int64) { w.number(name, strconv.FormatInt(n, 10)) }

func (w *writer) bool(name string, b bool) { w.number(name, strconv.FormatBool(b)) }

func (w *writer) null(name string) { w.number(name, "null") }

func (w *writer) text(name, s string) {
	w.key(name)
	w.buf = append(w.buf, quote(s)...)
}

// time writes a time as the vendor does, and the empty text for the zero time.
func (w *writer) time(name string, t time.Time) {
	if t.IsZero() {
		w.text(name, "")
		return
	}
	w.text(name, t.In(shanghai()).Format(time.DateTime))
}

// escaped writes a text with every character beyond ASCII as \u, as some of the vendor's services do.
func (w *writer) escaped(name, s string) {
	w.key(name)
	for _, r := range string(quote(s)) {
		if r < utf8.RuneSelf {
			w.buf = utf8.AppendRune(w.buf, r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			w.buf = append(w.buf, `\u`...)
			hex := strconv.FormatUint(uint64(unit)|0x10000, 16)
			w.buf = append(w.buf, hex[1:]...)
		}
	}
}

func quote(s string) []byte {
	quoted := append(make([]byte, 0, len(s)+2), '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\':
			quoted = append(quoted, '\\', c)
		case '\n':
			quoted = append(quoted, `\n`...)
		case '\r':
			quoted = append(quoted, `\r`...)
		case '\t':
			quoted = append(quoted, `\t`...)
		default:
			quoted = append(quoted, c) // the texts here are UTF-8 without other control characters
		}
	}
	return append(quoted, '"')
}
