package ledgerstore

import (
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
)

const documentColumns = "id,workspace_id,stream_id,doc_key,number,latest_rev,active_rev,done_rev,src_hash,modified_at,state,attention," +
	"work_id,run_id,version_id,window_id,pack_id,pack_no,updated_at"

const revisionColumns = "document_id,rev,origin,number,src_hash,modified_at,state,attention,run_id,version_id,window_id,pack_id,pack_no,held,updated_at"

// Who edited a revision is written by the edit alone, and outlives later writes of its row.
const revisionReads = revisionColumns + ",base_rev,actor"

const deliveryColumns = "document_id,node_no,part,workspace_id,rev,version_id,connection_id,resource,target_key,state,attempt,call_id,row_no," +
	"req_pack,req_no,resp_pack,resp_no,probe_absent,spent,target_id,target_number,writeback,code,message,args,next_at,updated_at"

const workColumns = "id,workspace_id,kind,ref_id,run_id,flow_id,connection_id,docs,priority,due_at,owner,fence,lease_until,attempts"

const windowColumns = "id,stream_id,run_id,kind,from_ms,to_ms,state,parent_id,attempt,updated_at"

func documentTable() store.Table { return table("document", "id", documentColumns) }

func revisionTable() store.Table { return table("revision", "document_id,rev", revisionColumns) }

func deliveryTable() store.Table {
	return table("delivery", "document_id,node_no,part", deliveryColumns)
}

func windowTable() store.Table { return table("pull_window", "id", windowColumns) }

func runCountTable() store.Table {
	return table("run_count", "run_id,node_no,slot", "run_id,node_no,slot,n")
}

func problemTable() store.Table {
	return table("problem", "document_id", "document_id,workspace_id,flow_id,state,code,node_id,path,args,message,hint,since")
}

func packTable() store.Table {
	return table("pack", "id", "id,workspace_id,kind,row_count,codec,purge_at,body")
}

func pageTable() store.Table {
	return table("pull_page", "window_id,attempt,page_no", "window_id,attempt,page_no,pack_id,row_count,dropped,unchanged,ignored,total,body_hash,created_at")
}

func callTable() store.Table {
	return table("vendor_call", "id", "id,workspace_id,connection_id,operation,kind,fence,state,started_at,row_count,trace_id")
}

func callRowTable() store.Table {
	return table("call_row", "call_id,row_no", "call_id,row_no,document_id,node_no,part,attempt,outcome,code,message,args")
}

func keyTable() store.Table {
	return table("target_key", "connection_id,resource,target_key", "connection_id,resource,target_key,document_id,node_no,part,state")
}

func table(name, key, columns string) store.Table {
	return store.Table{Name: name, Key: key, Columns: split(columns)}
}

func split(columns string) []string {
	var out []string
	start := 0
	for i := range columns {
		if columns[i] == ',' {
			out = append(out, columns[start:i])
			start = i + 1
		}
	}
	return append(out, columns[start:])
}

func workKinds() map[ledger.WorkKind]string {
	return map[ledger.WorkKind]string{ledger.PageWork: "page", ledger.DocumentWork: "document"}
}

func windowKinds() map[ledger.WindowKind]string {
	return map[ledger.WindowKind]string{ledger.Live: "live", ledger.Backfill: "backfill", ledger.GapSweep: "gap", ledger.ByNumbers: "numbers"}
}

func callKinds() map[ledger.CallKind]string {
	return map[ledger.CallKind]string{ledger.SendCall: "send", ledger.ProbeCall: "probe"}
}

// kindOf finds the kind of a stored name.
func kindOf[K comparable](kinds map[K]string, name string) K {
	for k, n := range kinds {
		if n == name {
			return k
		}
	}
	var none K
	return none
}

// boolInt writes a mark as the number that both dialects store.
