package spreadsheet

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/karezflow/karez/sdk/fault"
)

// Encoding is how a CSV file holds its characters.
type Encoding string

// The encodings. GBK is read and written as GB18030, which contains it.
const (
	UTF8    Encoding = "utf-8"
	GBK     Encoding = "gbk"
	GB18030 Encoding = "gb18030"
	UTF16LE Encoding = "utf-16le"
	UTF16BE Encoding = "utf-16be"
)

// utf8Mark begins UTF-8 files of programs that would take them for something else.
const utf8Mark = "\xEF\xBB\xBF"

// marks tell an encoding by how a file begins.
func marks() []struct {
	mark     string
	encoding Encoding
} {
	return []struct {
		mark     string
		encoding Encoding
	}{{utf8Mark, UTF8}, {"\xFF\xFE", UTF16LE}, {"\xFE\xFF", UTF16BE}}
}

// text is a file whose encoding is known.
type text struct {
	r        io.ReaderAt
	from, to int64
	encoding Encoding
}

// openEncoded finds a text's encoding out: by its mark, by what is asked for, else by
// reading all of it, as the bytes of one Chinese word may be valid in either encoding.
func openEncoded(r io.ReaderAt, size int64, wanted Encoding) (text, error) {
	t := text{r: r, to: size, encoding: Encoding(strings.ToLower(string(wanted)))}
	head := make([]byte, len(utf8Mark))
	n, err := r.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return t, err
	}
	for _, m := range marks() {
		if bytes.HasPrefix(head[:n], []byte(m.mark)) {
			t.encoding, t.from = m.encoding, int64(len(m.mark))
			return t, nil
		}
	}
	switch t.encoding {
	case UTF8, GBK, GB18030, UTF16LE, UTF16BE:
		return t, nil
	case "":
		return t.detect()
	default:
		return t, fault.New("sheet.encoding_unknown", "there is no encoding %s", wanted).Classed(fault.Config).Hinted("choose utf-8 or gb18030")
	}
}

// OpenText gives a file of characters that is no table as UTF-8, its byte order mark
// left out, and the encoding it has; "" for wanted finds that out. What means nothing
// in it, and a file of more bytes than the limit, is refused as a CSV file is.
func OpenText(r io.ReaderAt, size int64, wanted Encoding, limits Limits) (io.Reader, Encoding, error) {
	if most := limits.orDefault().Bytes; size > most {
		return nil, "", tooLarge("bytes", most)
	}
	t, err := openEncoded(r, size, wanted)
	if err != nil {
		return nil, "", err
	}
	return t.decode(), t.encoding, nil
}

// detect takes the first encoding in which every byte means something. Where none
// does, the one that fails last is the likelier.
func (t text) detect() (text, error) {
	var broken *fault.Fault
	furthest := -1
	for _, e := range []Encoding{UTF8, GB18030} {
		t.encoding = e
		decoded := t.decode()
		_, err := io.Copy(io.Discard, decoded)
		if err == nil {
			return t, nil
		}
		f, coded := errors.AsType[*fault.Fault](err)
		if !coded {
			return t, err
		}
		if decoded.lines > furthest {
			furthest, broken = decoded.lines, f
		}
	}
	return t, broken
}

// decode gives the text as UTF-8 from its beginning.
func (t text) decode() *decoder {
	raw := io.NewSectionReader(t.r, t.from, t.to-t.from)
	check := &strict{decoded: true}
	d := &decoder{encoding: t.encoding}
	switch t.encoding {
	case GBK, GB18030:
		d.in = transform.NewReader(raw, transform.Chain(simplifiedchinese.GB18030.NewDecoder(), check))
	case UTF16LE:
		d.in = transform.NewReader(raw, transform.Chain(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder(), check))
	case UTF16BE:
		d.in = transform.NewReader(raw, transform.Chain(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder(), check))
	default:
		d.in = transform.NewReader(raw, &strict{})
	}
	return d
}

// decoder reads UTF-8 and tells on which line it breaks.
type decoder struct {
	in       io.Reader
	encoding Encoding
	lines    int
	// read counts the bytes since a record began; most is how many it may have, 0 any.
	read, most int64
}

// Read implements io.Reader.
func (d *decoder) Read(p []byte) (int, error) {
	n, err := d.in.Read(p)
	d.lines += bytes.Count(p[:n], []byte("\n"))
	if d.read += int64(n); d.most > 0 && d.read > d.most {
		return 0, fault.New("sheet.record_too_large", "the record before line %d is longer than %d MiB", d.lines+1, d.most>>20).Classed(fault.Data).
			Hinted("look for a quotation mark that is not closed")
	}
	if errors.Is(err, errBroken) {
		return n, fault.New("sheet.encoding_broken", "line %d holds bytes that mean nothing in %s", d.lines+1, d.encoding).Classed(fault.Data).
			Hinted("save the file as CSV UTF-8, or say which encoding it has")
	}
	return n, err
}

// errBroken stands for the place where bytes mean nothing.
const errBroken = broken("broken")

type broken string

func (b broken) Error() string { return string(b) }

// strict passes UTF-8 on up to the first character that is none, or that a decoder
// put where it understood nothing. NUL is in no text: it shows another encoding.
type strict struct {
	transform.NopResetter

	decoded bool
}

// Transform implements transform.Transformer.
func (s *strict) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		c, size := rune(src[nSrc]), 1
		if c >= utf8.RuneSelf {
			if !atEOF && !utf8.FullRune(src[nSrc:]) {
				return nDst, nSrc, transform.ErrShortSrc
			}
			c, size = utf8.DecodeRune(src[nSrc:])
		}
		if c == 0 || c == utf8.RuneError && (size == 1 || s.decoded) {
			return nDst, nSrc, errBroken
		}
		if nDst+size > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += copy(dst[nDst:], src[nSrc:nSrc+size])
		nSrc += size
	}
	return nDst, nSrc, nil
}
