package main

import (
	"bytes"
	"net/mail"

	gomail "github.com/wneessen/go-mail"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"github.com/karezflow/karez/plugins/internal/message"
	"github.com/karezflow/karez/sdk/fault"
)

// maxSubject keeps a subject to what mail programs show.
const maxSubject = 300

// letter writes an e-mail: the text as it is, and as simple HTML beside it. Its
// Message-ID is that of the message, so that a mail that arrived twice shows as one
// in programs that look at it.
func (s *session) letter(m message.Message, people []*mail.Address, id string) (*gomail.Msg, error) {
	letter := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	letter.FromMailAddress(s.from)
	for _, one := range people {
		letter.AddToMailAddress(one)
	}
	letter.Subject(m.Heading(maxSubject))
	letter.SetMessageIDWithValue(id)
	letter.SetDateWithValue(s.clock())
	// Nobody's "away from office" is to answer a machine (RFC 3834).
	letter.SetGenHeader("Auto-Submitted", "auto-generated")
	text := m.Text
	if text == "" {
		text = m.Title
	}
	letter.SetBodyString(gomail.TypeTextPlain, text+"\n")
	html, err := page(text)
	if err != nil {
		return nil, fault.New("message.field_invalid", "%s is not a text", "text").At("text").Classed(fault.Data).Unapplied().Because(err)
	}
	letter.AddAlternativeString(gomail.TypeTextHTML, html)
	return letter, nil
}

// page makes a page of Markdown. What is HTML in it is left out, and links lead to
// ordinary addresses only.
func page(markdown string) (string, error) {
	var out bytes.Buffer
	out.WriteString(`<!doctype html><html><body style="font-family:sans-serif">` + "\n")
	if err := goldmark.New(goldmark.WithExtensions(extension.GFM)).Convert([]byte(markdown), &out); err != nil {
		return "", err
	}
	out.WriteString("</body></html>\n")
	return out.String(), nil
}
