package jsttable

import (
	"fmt"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// Writer writes JSON as the vendor would: numbers with the digits they are given.
type Writer struct{ Buf []byte }

func (w *Writer) comma() {
	if n := len(w.Buf); n > 0 && w.Buf[n-1] != '{' && w.Buf[n-1] != '[' && w.Buf[n-1] != ':' {
		w.Buf = append(w.Buf, ',')
	}
}

// Key begins a member.
func (w *Writer) Key(name string) {
	w.comma()
	w.Buf = append(append(append(w.Buf, '"'), name...), '"', ':')
}

// Open begins an object.
func (w *Writer) Open() {
	w.comma()
	w.Buf = append(w.Buf, '{')
}

// List begins a member that is a list.
func (w *Writer) List(name string) {
	w.Key(name)
	w.Buf = append(w.Buf, '[')
}

// Close ends an object or a list.
func (w *Writer) Close(bracket byte) { w.Buf = append(w.Buf, bracket) }

// Number writes a member with these digits.
func (w *Writer) Number(name, literal string) {
	w.Key(name)
	w.Buf = append(w.Buf, literal...)
}

// Int writes a whole number.
func (w *Writer) Int(name string, n int64) { w.Number(name, strconv.FormatInt(n, 10)) }

// Bool writes true or false.
func (w *Writer) Bool(name string, b bool) { w.Number(name, strconv.FormatBool(b)) }

// Null writes null.
func (w *Writer) Null(name string) { w.Number(name, "null") }

// Text writes a text.
func (w *Writer) Text(name, s string) {
	w.Key(name)
	w.Buf = append(w.Buf, quote(s)...)
}

// Time writes a time as the vendor does, and the empty text for the zero time.
func (w *Writer) Time(name string, t time.Time) {
	if t.IsZero() {
		w.Text(name, "")
		return
	}
	w.Text(name, t.In(Shanghai()).Format(time.DateTime))
}

// Escaped writes a text with every character beyond ASCII as \u, as some of the vendor's services do.
func (w *Writer) Escaped(name, s string) {
	w.Key(name)
	for _, r := range string(quote(s)) {
		if r < utf8.RuneSelf {
			w.Buf = utf8.AppendRune(w.Buf, r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			w.Buf = append(w.Buf, `\u`...)
			hex := strconv.FormatUint(uint64(unit)|0x10000, 16)
			w.Buf = append(w.Buf, hex[1:]...)
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
			if c < ' ' {
				quoted = fmt.Appendf(quoted, `\u%04x`, c)
				continue
			}
			quoted = append(quoted, c)
		}
	}
	return append(quoted, '"')
}
