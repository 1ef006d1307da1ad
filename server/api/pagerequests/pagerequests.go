// Package pagerequests is the part of the interface that is about what sources were asked.
//
// It may import huma, server/api/rest, server/pagelog and engine/ledger: never another
// service, a store or gin.
package pagerequests

import (
	"context"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/pagelog"
)

type pageRequestView struct {
	ID           string     `json:"id"`
	Node         string     `json:"node" doc:"The source node"`
	Connection   string     `json:"connection" doc:"Empty where it is gone"`
	Operation    string     `json:"operation"`
	Run          string     `json:"run"`
	Window       string     `json:"window" doc:"The window of time that was read"`
	Attempt      int        `json:"attempt" doc:"Counts the readings of the window from 1"`
	Page         int        `json:"page"`
	Rows         int        `json:"rows" doc:"Records that came"`
	Total        *int       `json:"total,omitempty" doc:"Records that match, where the source tells"`
	StartedAt    *time.Time `json:"startedAt"`
	TookMs       int64      `json:"tookMs"`
	Code         string     `json:"code,omitempty" doc:"Why it failed; absent where it did not"`
	Message      string     `json:"message,omitempty"`
	RequestSize  int        `json:"requestSize" doc:"Bytes there were"`
	ResponseSize int        `json:"responseSize" doc:"Bytes there were"`
}

// PageRequestContent is what was asked and answered.
type PageRequestContent struct {
	Request     string `json:"request" doc:"JSON: the parameters and the page, as the connector got them"`
	Response    string `json:"response" doc:"The records that came as JSON, or what the vendor answered to a call that failed; empty where nobody knows"`
	RequestCut  bool   `json:"requestCut" doc:"Only the beginning was kept"`
	ResponseCut bool   `json:"responseCut" doc:"Only the beginning was kept"`
	Covered     bool   `json:"covered" doc:"A secret of the connection was covered"`
}

type pageRequestsInput struct {
	ID    string `path:"id"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type pageRequestInput struct {
	ID      string `path:"id"`
	Request string `path:"request"`
}

type pageRequestList struct {
	Items []pageRequestView `json:"items"`
}

// Routes adds the operations.
func Routes(api huma.API, kit *rest.Kit, service *pagelog.Service) {
	huma.Register(api, rest.Op(http.MethodGet, "/flows/{id}/page-requests", "listPageRequests", "What the sources of a flow were asked last, the newest first; kept for a day", 0),
		rest.Handle(kit, func(ctx context.Context, in *pageRequestsInput) (*rest.Body[pageRequestList], error) {
			all, err := service.Of(ctx, in.ID, in.Limit)
			out := pageRequestList{Items: make([]pageRequestView, len(all))}
			for i, r := range all {
				out.Items[i] = view(ctx, kit, r)
			}
			return rest.Answer(out, err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/flows/{id}/page-requests/{request}", "getPageRequest", "What a source was asked and what it answered", 0),
		rest.Handle(kit, func(ctx context.Context, in *pageRequestInput) (*rest.Body[PageRequestContent], error) {
			c, err := service.Content(ctx, in.ID, in.Request)
			return rest.Answer(PageRequestContent{text(c.Request), text(c.Response), c.RequestCut, c.ResponseCut, c.Covered}, err)
		}))
}

func view(ctx context.Context, kit *rest.Kit, r pagelog.Request) pageRequestView {
	v := pageRequestView{
		ID: strconv.FormatInt(int64(r.ID), 10), Node: r.Node, Connection: r.Connection, Operation: r.Operation, Run: strconv.FormatInt(int64(r.Run), 10), Window: strconv.FormatInt(int64(r.Window), 10),
		Attempt: r.Attempt, Page: r.Page, Rows: r.Rows, StartedAt: rest.When(r.Started), TookMs: int64(r.Ended - r.Started), Code: r.Code, RequestSize: r.RequestSize, ResponseSize: r.ResponseSize,
	}
	if r.Total >= 0 {
		v.Total = &r.Total
	}
	v.Message, _ = kit.Words.Say(rest.AboutOf(ctx).Language, r.Code, r.Message, "", r.Args)
	return v
}

// text gives bytes as a text: a vendor may answer anything.
func text(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return strconv.QuoteToASCII(string(b))
}
