package ask

import (
	"bytes"
	"context"
	"strconv"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// mostPages is how many pages one question may take: whoever needs more asks too widely.
const mostPages = 20

// Manifests tell how the operations of a connection are paged.
type Manifests interface {
	Manifest(ctx context.Context, workspace ledger.ID, connection string) (*manifest.Manifest, error)
}

// paging gives how an operation is paged, nil where it is not.
func (a *Asker) paging(ctx context.Context, workspace ledger.ID, l item.Lookup) (*manifest.Paging, error) {
	m, err := a.connections.Manifest(ctx, workspace, l.Connection)
	if err != nil {
		return nil, err
	}
	op, ok := m.Operation(l.Operation)
	if !ok || op.Paging == nil || op.Paging.Strategy == manifest.Unpaged {
		return nil, nil //nolint:nilnil // an operation need not have pages
	}
	return op.Paging, nil
}

// pages asks an operation page by page until there is no other one, or enough is found.
func pages(ctx context.Context, session connector.Session, paging *manifest.Paging, l item.Lookup) ([]item.Value, error) {
	var values []item.Value
	var before []byte
	params, ref := []byte(l.Params), first(paging, l)
	for at := 0; ; at++ {
		page, err := session.Query(ctx, connector.QueryRequest{Operation: l.Operation, Params: params, Page: ref, Meta: connector.Meta{Attempt: 1}})
		if err != nil {
			return nil, err
		}
		rows := 0
		for row := range item.Of(page.Rows).Elements() {
			rows++
			if l.Find != "" {
				row = row.Path(l.Find)
			}
			if row.Kind() != item.None {
				values = append(values, row)
			}
		}
		enough := l.Most > 0 && len(values) >= l.Most
		next, more := after(paging, ref, page, rows)
		switch {
		case enough, !more:
			return values, nil
		case at+1 == mostPages:
			return nil, fault.New("lookup.too_many_pages", "more than %d pages of %s answer one question", mostPages, l.Operation).Classed(fault.Data).
				Hinted("add a parameter that narrows it down, or take the newest only")
		case rows > 0 && bytes.Equal(before, page.Rows):
			return nil, fault.New("lookup.page_repeated", "%s gave the same page twice", l.Operation).Classed(fault.Config).
				Hinted("leave the page's parameters to the operation: remove their rows")
		}
		before, ref = page.Rows, next
		if params, err = turned(params, paging, ref); err != nil {
			return nil, err
		}
	}
}

// first names the first page; its size is what the parameters say.
func first(paging *manifest.Paging, l item.Lookup) connector.PageRef {
	if paging == nil {
		return connector.PageRef{}
	}
	ref := connector.PageRef{Number: paging.First, Size: paging.DefaultSize}
	if paging.Size != "" {
		if size, err := strconv.Atoi(item.Of([]byte(l.Params)).Path(paging.Size).Text()); err == nil && size > 0 {
			ref.Size = size
		}
	}
	return ref
}

// after names the page behind one, and tells whether there is another.
func after(paging *manifest.Paging, ref connector.PageRef, page connector.Page, rows int) (connector.PageRef, bool) {
	if paging == nil {
		return ref, false
	}
	next := connector.PageRef{Number: ref.Number + 1, Offset: ref.Offset + ref.Size, Size: ref.Size, Token: page.NextToken}
	if paging.Strategy == manifest.ByPage || paging.Strategy == manifest.ByOffset {
		return next, rows > 0 && (page.More || rows >= ref.Size)
	}
	return next, next.Token != "" && (page.More || rows > 0)
}

// turned puts a page into the parameters that carry it, in the form that they have.
func turned(params []byte, paging *manifest.Paging, ref connector.PageRef) ([]byte, error) {
	for name, value := range map[string]string{paging.Number: strconv.Itoa(ref.Number), paging.Offset: strconv.Itoa(ref.Offset), paging.Token: ref.Token} {
		if name == "" {
			continue
		}
		raw := []byte(value)
		if name == paging.Token || item.Of(params).Path(name).Kind() == item.String {
			raw = item.AppendText(nil, value)
		}
		var err error
		if params, err = item.Put(params, name, raw); err != nil {
			return nil, err
		}
	}
	return params, nil
}
