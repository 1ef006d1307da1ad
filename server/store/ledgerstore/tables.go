package ledgerstore

import (
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

const deliveryColumns = "document_id,node_no,part,workspace_id,rev,version_id,connection_id,resource,target_key,state,attempt,call_id,row_no," +
	"req_pack,req_no,resp_pack,resp_no,probe_absent,spent,tried_since,updating,step,target_id,target_number,writeback,code,message,args,next_at,updated_at"

// answerableColumns are what an answer is held against and what stays of it, see
// scanAnswerable; those of answeredTable what it changes.
const answerableColumns = "document_id,node_no,part,state,attempt,call_id,row_no,req_pack,req_no,resp_pack,resp_no,step,target_id,target_number,writeback"

func answeredTable() store.Table {
	return ledgerrow.Table("delivery", "document_id,node_no,part",
		"document_id,node_no,part,state,resp_pack,resp_no,probe_absent,spent,step,target_id,target_number,writeback,code,message,args,next_at,updated_at")
}

// keptTable is what a writeback node keeps with a delivery that nobody answers any more.
func keptTable() store.Table {
	return ledgerrow.Table("delivery", "document_id,node_no,part", "document_id,node_no,part,writeback")
}

func deliveryTable() store.Table {
	return ledgerrow.Table("delivery", "document_id,node_no,part", deliveryColumns)
}

func pageTable() store.Table {
	return ledgerrow.Table("pull_page", "window_id,attempt,page_no", "window_id,attempt,page_no,pack_id,row_count,dropped,unchanged,ignored,total,body_hash,created_at")
}

func callTable() store.Table {
	return ledgerrow.Table("vendor_call", "id", "id,workspace_id,connection_id,operation,kind,fence,state,started_at,row_count,trace_id,flow_id,node_no")
}

func callRow(c ledger.Call, fence int64, state ledger.DeliveryState, flow ledger.ID, node int) []any {
	return []any{c.ID, c.Workspace, c.Connection, store.Cut(c.Operation, 190), callKinds()[c.Kind], fence, state, c.Started, c.Rows, store.Cut(c.TraceID, 32), flow, node}
}

func callRowTable() store.Table {
	return ledgerrow.Table("call_row", "call_id,row_no", "call_id,row_no,document_id,node_no,part,attempt,outcome,code,message,args,req_pack,req_no,resp_pack,resp_no")
}

func keyTable() store.Table {
	return ledgerrow.Table("target_key", "connection_id,resource,target_key", "connection_id,resource,target_key,document_id,node_no,part,state")
}

func callKinds() map[ledger.CallKind]string {
	return map[ledger.CallKind]string{ledger.SendCall: "send", ledger.ProbeCall: "probe"}
}
