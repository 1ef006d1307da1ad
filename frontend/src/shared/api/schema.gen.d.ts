// Generated from server/api/openapi.json by scripts/types.mjs. Do not edit.

import type { Json } from "./json";
export interface paths {
    "/bulk-jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Jobs over many documents, the newest first */
        get: operations["listBulkJobs"];
        put?: never;
        /** Do one action to many documents, each by itself */
        post: operations["startBulkJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bulk-jobs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A job over many documents */
        get: operations["getBulkJob"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bulk-jobs/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End a job; what is left is not touched, what was done stays done */
        post: operations["cancelBulkJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bulk-jobs/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Server-sent events: the job as it stands, until it is over */
        get: operations["watchBulkJob"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bulk-jobs/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let a job rest; the documents at hand come to their end */
        post: operations["pauseBulkJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bulk-jobs/{id}/refusals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The documents that a job could not act on, and why */
        get: operations["listBulkRefusals"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bulk-jobs/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Go on with a paused job */
        post: operations["resumeBulkJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bulk-jobs/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** How many documents an action would be done to, and to how many it can't be */
        post: operations["previewBulkJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/catalog/connectors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The installed connectors */
        get: operations["listConnectors"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/catalog/connectors/{id}/operations/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everything declared of an operation */
        get: operations["getOperation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/catalog/nodes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The node types in the order of the palette */
        get: operations["listNodeTypes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/code-tables": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The code tables by title */
        get: operations["listCodeTables"];
        put?: never;
        /** Make an empty code table */
        post: operations["createCodeTable"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/code-tables/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A code table */
        get: operations["getCodeTable"];
        /** Change a code table's title */
        put: operations["renameCodeTable"];
        post?: never;
        /** Delete a code table that no flow names */
        delete: operations["deleteCodeTable"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/code-tables/{id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All rows as a file that can be imported */
        get: operations["exportCodeTable"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/code-tables/{id}/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take the rows of an XLSX or CSV file, all or none */
        post: operations["importCodeFile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/code-tables/{id}/import/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What the rows of an XLSX or CSV file would change */
        post: operations["previewCodeFile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/code-tables/{id}/missing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The codes of a table that documents wait for */
        get: operations["listMissingCodesOf"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/code-tables/{id}/rows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Rows in the order of their sources */
        get: operations["listCodeRows"];
        /** Add rows or change them; documents that wait for them go on */
        put: operations["putCodeRows"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/code-tables/{id}/rows/delete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Delete rows by their sources */
        post: operations["deleteCodeRows"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/code-tables/missing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The codes of all tables that documents wait for */
        get: operations["listMissingCodes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/connections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The connections by name */
        get: operations["listConnections"];
        put?: never;
        /** Make a connection */
        post: operations["createConnection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/connections/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A connection */
        get: operations["getConnection"];
        /** Change a connection */
        put: operations["changeConnection"];
        post?: never;
        /** Delete a connection that no flow names */
        delete: operations["deleteConnection"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/connections/{name}/base-data": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The queries of base data that a connection offers, and their flows */
        get: operations["listBaseData"];
        put?: never;
        /** Make flows that collect base data; those that are there stay */
        post: operations["makeBaseData"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/connections/{name}/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask the system whether it lets the connection in */
        post: operations["checkConnection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/connections/{name}/discover": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask the system which fields a form has */
        post: operations["discoverFields"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/connections/{name}/limit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Let fewer calls through than a limit declares, or take that back */
        put: operations["setLimit"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/connections/{name}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make calls at once that wait for the system */
        post: operations["resumeConnection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/connections/{name}/traffic": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How calls of a connection stand */
        get: operations["getTraffic"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/connections/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask the system about a connection that is not saved so */
        post: operations["checkUnsaved"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/documents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Documents, the newest first */
        get: operations["listDocuments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/documents/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All there is to see of a document */
        get: operations["getDocument"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/documents/{id}/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take a delivery for written: the caller found it in the target */
        post: operations["acceptDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/documents/{id}/attempts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every attempt to write a document, by delivery and then as they were made */
        get: operations["listAttempts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/documents/{id}/attempts/{no}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What was sent or answered in an attempt */
        get: operations["getAttemptContent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/documents/{id}/attempts/{no}/raw": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The same, byte by byte */
        get: operations["downloadAttemptContent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/documents/{id}/decisions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What there is to decide about a document, with the evidence */
        get: operations["getDecisions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/documents/{id}/eject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take a document out of its bills, which are made anew without it */
        post: operations["ejectDocument"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/documents/{id}/errands": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The calls made after the walks of a document, the oldest first */
        get: operations["listErrands"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/documents/{id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What people did about a document, the oldest first */
        get: operations["getDocumentHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/documents/{id}/history/{no}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Both texts of an edit */
        get: operations["getDocumentChange"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/documents/{id}/lineage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where a document came from and what became of it, over several flows */
        get: operations["getLineage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/documents/{id}/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Write one delivery's body again */
        post: operations["resendDocument"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/documents/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Walk a document again from its source payload */
        post: operations["retryDocument"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/documents/{id}/skip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let a document go for good */
        post: operations["skipDocument"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/documents/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The documents of a filter as a file, the newest first */
        get: operations["exportDocuments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/documents/facets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many documents stand where, and why */
        get: operations["countDocuments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dry-runs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A dry run and how far it is */
        get: operations["getDryRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dry-runs/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End a dry run early; what it has seen stays */
        post: operations["cancelDryRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dry-runs/{id}/documents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The documents of a dry run in the order they came: source, request, what the target holds, verdict */
        get: operations["listDryDocuments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dry-runs/{id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The documents as a file, a row a write */
        get: operations["exportDryRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/errands/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a call again with its stored request */
        post: operations["retryErrand"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/errands/{id}/skip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let a call go */
        post: operations["skipErrand"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Server-sent events: runs and flows that changed */
        get: operations["watchWorkspace"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The uploaded files by name */
        get: operations["listFiles"];
        put?: never;
        /** Upload a file, its bytes as they are */
        post: operations["uploadFile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/files/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Delete a file that no flow reads */
        delete: operations["deleteFile"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/files/{id}/content": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a file holds */
        get: operations["downloadFile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/files/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The first records that a file node would give */
        post: operations["previewFile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The flows, the last changed first */
        get: operations["listFlows"];
        put?: never;
        /** Make a flow, empty or of a document */
        post: operations["createFlow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A flow with its draft and the draft's problems */
        get: operations["getFlow"];
        /** Save a draft, whatever problems it has */
        put: operations["saveFlow"];
        post?: never;
        /** Delete a flow that never pulled a document */
        delete: operations["deleteFlow"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/columns": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The fields of the documents that a flow reads, which the ledger may show as columns */
        get: operations["listColumns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/copy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a new flow of a flow's draft */
        post: operations["copyFlow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How two versions of a flow differ, as people think of them */
        get: operations["diffVersions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Keep a flow's triggers from firing */
        post: operations["disableFlow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/dry-runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The dry runs of a flow that are kept, the newest first */
        get: operations["listDryRuns"];
        put?: never;
        /** Take documents through a flow with nothing written: read, mapped and compared with the target */
        post: operations["startDryRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let a flow's triggers fire */
        post: operations["enableFlow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What becomes of every field of a mapping, and why */
        post: operations["explainMapping"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The draft as a document that brings its derived operations along */
        get: operations["exportFlow"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/mapping-document": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a flow reads, maps and writes, as a file for people */
        get: operations["downloadMappingDocument"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How a flow is doing, and did over a time */
        get: operations["getFlowOverview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/page-requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the sources of a flow were asked last, the newest first; kept for a day */
        get: operations["listPageRequests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/page-requests/{request}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a source was asked and what it answered */
        get: operations["getPageRequest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let a flow rest, with all of its runs; its triggers open no run */
        post: operations["pauseFlow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/publish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make the draft the newest version */
        post: operations["publishFlow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/pull": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Fetch documents by their numbers with a flow's published version */
        post: operations["pullNumbers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a flow reads now, or read last, page by page */
        get: operations["getFlowRequests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let a paused flow go on; a trigger whose time came meanwhile fires once */
        post: operations["resumeFlow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Publish the document of an older version again */
        post: operations["rollBackFlow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Run a flow's published version */
        post: operations["startRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/sample": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A few records: of a source's system, or the newest that came to a webhook or an inlet; nothing is stored */
        post: operations["sampleSource"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/samples": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The samples that stay with the nodes of a flow */
        get: operations["listSamples"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/samples/{node}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Keep a sample with a node, in place of the one before */
        put: operations["pinSample"];
        post?: never;
        /** Forget the sample of a node */
        delete: operations["removeSample"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/samples/{node}/choose": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let tests use another document of a sample */
        post: operations["chooseSample"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/sources": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far the sources of a flow's published version are read */
        get: operations["listSources"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/sources/{node}/backfill": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Read a range of the past */
        post: operations["backfillSource"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/sources/{node}/backfill/estimate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What reading a range of the past is likely to cost */
        post: operations["estimateBackfill"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/sources/{node}/cursor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Put the cursor to a time */
        post: operations["resetCursor"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/sources/{node}/cursor/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What putting the cursor to a time does */
        post: operations["previewCursor"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/sources/{node}/sweep": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Look through a source for what was missed */
        post: operations["sweepSource"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Walk one record; nothing is sent and nothing stored */
        post: operations["testFlow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/tests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Run the tests that are saved with a flow; nothing is sent and nothing stored */
        post: operations["runTests"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A flow's published versions, the newest first, and who changed what */
        get: operations["listVersions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/versions/{no}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A published version with its document */
        get: operations["getVersion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/webhooks/{node}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The address of a webhook node, its secrets and its newest requests */
        get: operations["getWebhook"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/webhooks/{node}/secrets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a new secret for a webhook node, and its address at first use */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/webhooks/{node}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Post something to a webhook node as those who know its secret do */
        post: operations["testWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/writes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a flow writes: what is under way, waits, or is tried again */
        get: operations["listFlowWrites"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/{id}/writes/{no}/first": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take up waiting work before all other */
        post: operations["putWriteFirst"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/compare": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** How two documents differ that need not be saved */
        post: operations["compareFlows"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make draft flows of existing work */
        post: operations["importFlows"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/import/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Read existing work and tell what becomes of each line; nothing is saved */
        post: operations["previewImport"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/sample": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A few records of a source's system, for a document that is not saved yet */
        post: operations["sampleUnsaved"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/flows/validate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The problems of a document that is not saved */
        post: operations["validateFlow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/help": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The reference pages with their headings, in the reader's language */
        get: operations["listHelp"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/help/{page}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A reference page, in the reader's language */
        get: operations["getHelp"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/home": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What waits for a person, and how far a new instance has come */
        get: operations["getHome"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begin a session */
        post: operations["logIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End the session */
        post: operations["logOut"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The derived operations by name */
        get: operations["listDerivedOperations"];
        put?: never;
        /** Make a derived operation */
        post: operations["createDerivedOperation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A derived operation */
        get: operations["getDerivedOperation"];
        /** Change a derived operation; published flows keep theirs */
        put: operations["saveDerivedOperation"];
        post?: never;
        /** Delete a derived operation that no flow names */
        delete: operations["deleteDerivedOperation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operations/draft": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What a derived operation of a sample, or of a system's form, would be */
        post: operations["draftDerivedOperation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operations/draft/file": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What the derived operations of an XLSX or CSV file of fields would be */
        post: operations["draftDerivedOperations"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/paused-flows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The flows that rest */
        get: operations["listPausedFlows"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/plugins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Installed connectors with their versions */
        get: operations["listPlugins"];
        put?: never;
        /** Install a package, its bytes as they are */
        post: operations["installPlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/plugins/{id}/activate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let an installed version serve */
        post: operations["activatePlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/plugins/{id}/pin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Say whether a newer version is left inactive when it is installed */
        post: operations["pinPlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/plugins/{id}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let the version serve again that did before */
        post: operations["rollbackPlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/plugins/{id}/versions/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Remove an installed version that nothing needs */
        delete: operations["removePlugin"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/plugins/{id}/versions/{version}/effect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What an installed version has otherwise than the one that serves */
        get: operations["comparePlugin"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/plugins/{id}/versions/{version}/icon": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The icon of a version, to be shown as a picture only */
        get: operations["getPluginIcon"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/plugins/{id}/versions/{version}/pages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What comes with a version to read, in the reader's language */
        get: operations["listPluginPages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/plugins/inspect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What installing a package would do, its bytes as they are */
        post: operations["inspectPlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/reconciliation-runs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a comparison came to */
        get: operations["getReconciliationRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/reconciliation-runs/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop a comparison */
        post: operations["cancelReconciliationRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/reconciliation-runs/{id}/findings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What differs, and how it stands in the ledger now */
        get: operations["listReconciliationFindings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/reconciliation-runs/{id}/missing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What would become of the missing documents */
        get: operations["planReconciliationRepair"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/reconciliation-runs/{id}/repair": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Have the missing documents written, and nothing else */
        post: operations["repairReconciliation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/reconciliations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The comparisons with what they found last */
        get: operations["listReconciliations"];
        put?: never;
        /** Make a comparison */
        post: operations["createReconciliation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/reconciliations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A comparison with its newest runs */
        get: operations["getReconciliation"];
        /** Change a comparison */
        put: operations["saveReconciliation"];
        post?: never;
        /** Delete a comparison with all that it found */
        delete: operations["deleteReconciliation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/reconciliations/{id}/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Compare now */
        post: operations["runReconciliation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/retention": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** For how many days things are kept, 0 for ever, and what was removed lately */
        get: operations["getRetention"];
        /** Change for how many days things are kept */
        put: operations["setRetention"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/retention/estimate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How much would be removed now at most, by ages in days; 0 keeps for ever */
        get: operations["estimateRetention"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/retention/purge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begin to remove what is old in a moment */
        post: operations["purgeNow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Runs, the latest first */
        get: operations["listRuns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A run with its counts and what stands still */
        get: operations["getRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runs/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop reading; what was accepted goes on */
        post: operations["cancelRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runs/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Server-sent events: the run as it stands, until it is over */
        get: operations["watchRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runs/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let a run rest: what is under way ends, nothing more is taken up */
        post: operations["pauseRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runs/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let a paused run go on where it stopped */
        post: operations["resumeRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/schedules/next": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The next five firings of a cron expression */
        get: operations["nextFirings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/scripts/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What is wrong with a script; none of it is run */
        post: operations["checkScript"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who calls */
        get: operations["getSession"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make the first administrator with the one-time token */
        post: operations["setUp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/templates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The templates of the market and of the workspace, each in its newest version */
        get: operations["listTemplates"];
        put?: never;
        /** Make a template of flows and store it in the workspace */
        post: operations["publishTemplate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/templates/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A template with its flows, and what it needs here */
        get: operations["getTemplate"];
        put?: never;
        post?: never;
        /** Delete a template of the workspace's own, or one version of it */
        delete: operations["deleteTemplate"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/templates/{id}/copy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make flows and code tables of a template, all or none */
        post: operations["copyTemplate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/templates/{id}/package": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The package of a template */
        get: operations["downloadTemplate"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/templates/drafts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The template that flows would make, with what stands against publishing it; nothing is stored */
        post: operations["draftTemplate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/templates/packages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Import a package, its bytes as they are */
        post: operations["importTemplate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/templates/packages/inspect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What is in a package, its bytes as they are; nothing is stored */
        post: operations["inspectTemplate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/templates/registry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The templates of the private registry, each in its newest version */
        get: operations["listTemplateRegistry"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/templates/registry/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Fetch a template of the private registry and store it */
        post: operations["fetchTemplate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The API tokens */
        get: operations["listTokens"];
        put?: never;
        /** Make an API token */
        post: operations["createToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Delete an API token */
        delete: operations["deleteToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/values/evaluate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The value of a text on a document */
        post: operations["evaluateValue"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/views": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The views of the ledger that the caller sees */
        get: operations["listViews"];
        put?: never;
        /** Keep a view under a new name */
        post: operations["createView"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/views/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Change a view: what it shows, its name, who sees it */
        put: operations["saveView"];
        post?: never;
        /** Forget a view */
        delete: operations["deleteView"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/views/choice": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Let the caller's ledger open with a view */
        put: operations["chooseView"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        AcceptInputBody: {
            node: string;
            note?: string;
            /** Format: int64 */
            part?: number;
            /**
             * Format: date-time
             * @description The updatedAt of the sheet that the caller saw: refused where the document changed since
             */
            seen?: string;
            targetId?: string;
            targetNumber?: string;
        };
        ActivateInputBody: {
            version: string;
        };
        AffectedFlow: {
            breaking: boolean;
            draft: boolean;
            id: string;
            /** @description The plugin's nodes that it uses and that are otherwise */
            nodes: string[];
            /** @description Those that it uses and that are otherwise */
            operations: string[];
            published: boolean;
            title: string;
        };
        Attempt: {
            /**
             * @description The answer to the whole call, in which other documents may stand too
             * @enum {string}
             */
            answer: "none" | "kept" | "purged";
            code?: string;
            connection?: string;
            /** Format: date-time */
            endedAt?: string;
            hint?: string;
            /** @description Names its contents; none where there is no record of it */
            id?: string;
            /** @enum {string} */
            kind: "send" | "probe" | "adopt";
            /**
             * Format: int64
             * @description The document's place among the rows of the call, from 1
             */
            line?: number;
            message?: string;
            /**
             * Format: int64
             * @description Counts the attempts of the delivery from 1; of a probe that of the attempt whose answer was lost
             */
            no: number;
            node: string;
            operation?: string;
            /** @enum {string} */
            outcome?: "pending" | "sending" | "done" | "rejected" | "retry_at" | "unknown" | "needs_decision";
            /** Format: int64 */
            part: number;
            /** @description False where nothing is known of it but that it was made */
            recorded: boolean;
            /** @enum {string} */
            request: "none" | "kept" | "purged";
            /** @enum {string} */
            response: "none" | "kept" | "purged";
            /** Format: int64 */
            rev?: number;
            /** Format: int64 */
            rows?: number;
            /** Format: date-time */
            startedAt?: string;
            traceId?: string;
        };
        AttemptContent: {
            /** @description It is no text; what can't be shown was replaced */
            binary: boolean;
            /**
             * Format: int64
             * @description How long the whole is
             */
            bytes: number;
            /** @description A secret of the connection was covered */
            covered: boolean;
            /** @description There is more than is shown */
            cut: boolean;
            json: boolean;
            /** @description At most the first 256 KiB */
            text: string;
        };
        BackfillEstimate: {
            /** @description There may be more calls: the source does not tell how much there is */
            atLeast: boolean;
            /** Format: int64 */
            calls: number;
            /**
             * Format: int64
             * @description Absent where nobody knows
             */
            documents?: number;
            /** Format: date-time */
            from: string;
            /**
             * Format: date-time
             * @description A time that neither this range nor what was read covers
             */
            holeFrom?: string;
            /** Format: date-time */
            holeTo?: string;
            /**
             * Format: int64
             * @description How many of them were asked for
             */
            sampled: number;
            /** Format: int64 */
            seconds: number;
            /** Format: date-time */
            to: string;
            /** Format: int64 */
            windows: number;
        };
        BackfillInputBody: {
            /** Format: date-time */
            from: string;
            /** Format: date-time */
            to: string;
        };
        BaseSet: {
            /**
             * Format: int64
             * @description How many were collected
             */
            documents: number;
            /** @description The flow that collects it; absent while there is none */
            flow?: components["schemas"]["BaseSetFlow"];
            /** @description What the operation reads, where it has forms */
            form?: string;
            /** @description The type of base data as fields refer to it */
            object: string;
            operation: string;
            /** @description When a new flow runs */
            schedule: string;
            title: components["schemas"]["FieldText"];
        };
        BaseSetFlow: {
            enabled: boolean;
            id: string;
            lastRun?: components["schemas"]["BaseSetRun"];
            published: boolean;
            title: string;
        };
        BaseSetName: {
            /** @description What the operation reads, where it has forms */
            form?: string;
            operation: string;
        };
        BaseSetRun: {
            /** Format: date-time */
            endedAt?: string;
            id: string;
            /** @enum {string} */
            state: "queued" | "running" | "done" | "failed" | "cancelled";
        };
        Bill: {
            /** Format: int64 */
            count: number;
            /** @description Of each line of the bill the lines that it was made of */
            lines: components["schemas"]["Origin"][][];
            /** @description At most 500 of them */
            members: components["schemas"]["Member"][];
            /** @description Documents still join it */
            open: boolean;
        };
        BulkGroup: {
            code: string;
            /** Format: int64 */
            documents: number;
            message: string;
            state?: string;
        };
        BulkJob: {
            actor: string;
            /** @description Why it does not go on at the moment */
            code?: string;
            /** Format: date-time */
            createdAt: string | null;
            /** Format: int64 */
            done: number;
            /** Format: date-time */
            endedAt?: string;
            /** @description None where documents were named */
            filter?: components["schemas"]["DocumentFilter"];
            id: string;
            /** @enum {string} */
            kind: "retry" | "resend" | "skip" | "restore";
            /**
             * Format: int64
             * @description Not touched yet; in a cancelled job not touched at all
             */
            left: number;
            message?: string;
            note?: string;
            open: boolean;
            /** Format: int64 */
            refused: number;
            /** @enum {string} */
            state: "running" | "paused" | "cancelled" | "done";
            /** @description Who paused or cancelled it */
            stoppedBy?: string;
            /** Format: int64 */
            total: number;
            version?: string;
        };
        BulkOrder: {
            /** @description Documents of which the caller says that the target does not hold what was sent */
            confirmed?: string[];
            /** @description Of what it selects, what stands still is acted on */
            filter?: components["schemas"]["DocumentFilter"];
            /** @description Documents by id; without them the filter selects */
            ids?: string[];
            /** @enum {string} */
            kind: "retry" | "resend" | "skip" | "restore";
            note?: string;
            /**
             * Format: date-time
             * @description The seen of the preview that the caller looked at: what changed since is not acted on
             */
            seen?: string;
            /**
             * @description The flow version that a retry walks with; published unless told otherwise
             * @enum {string}
             */
            version?: "published" | "pinned";
        };
        BulkPreview: {
            /**
             * Format: int64
             * @description How many were looked at one by one
             */
            examined: number;
            /** @description By state and code */
            groups: components["schemas"]["BulkGroup"][];
            reasons: components["schemas"]["BulkGroup"][];
            /**
             * Format: int64
             * @description How many of these would be left alone
             */
            refused: number;
            /**
             * Format: date-time
             * @description When one of the selected changed last
             */
            seen: string | null;
            /** @description More are selected than one job may have */
            tooMany: boolean;
            /** Format: int64 */
            total: number;
            /** @description Whether the target holds what was sent is not known: sent again only when confirmed */
            undecided: components["schemas"]["UndecidedDoc"][];
        };
        BulkRefusal: {
            code: string;
            /** @description The flow's title */
            flow: string;
            id: string;
            key: string;
            message: string;
            number: string;
        };
        CancelInputBody: Record<string, never>;
        Cases: {
            /** @description All passed */
            ok: boolean;
            tests: components["schemas"]["CasesResult"][];
        };
        CasesAnswer: {
            code?: Json;
            find?: string;
            from?: string;
            operation?: string;
            params?: Json;
            reverse?: boolean;
            table?: string;
            values: Json[];
            where?: {
                [key: string]: unknown;
            };
        };
        CasesDifference: {
            got?: Json;
            path: string;
            want?: Json;
        };
        CasesExpect: {
            fault?: components["schemas"]["CasesFault"];
            outputs?: components["schemas"]["CasesOutput"][];
            vars?: Json;
        };
        CasesFault: {
            code: string;
            message?: string;
            path?: string;
        };
        CasesInputBody: {
            /** @description The document on the screen; the saved draft when it is left out */
            document?: Json;
            /** @description Only the tests of this node */
            node?: string;
        };
        CasesOutput: {
            body: Json;
            port?: string;
        };
        CasesResult: {
            asked?: components["schemas"]["CasesAnswer"][];
            differences: components["schemas"]["CasesDifference"][];
            fault?: components["schemas"]["Fault"];
            got?: components["schemas"]["CasesExpect"];
            name: string;
            node: string;
            passed: boolean;
            problem?: components["schemas"]["Fault"];
        };
        CatalogCandidate: {
            connector?: string;
            /** Format: int64 */
            fields: number;
            named: boolean;
            /** Format: int64 */
            of: number;
            operation: string;
            /** Format: int64 */
            score: number;
            system?: components["schemas"]["FieldText"];
            title?: components["schemas"]["FieldText"];
        };
        CatalogChoice: {
            connector?: string;
            operation: string;
        };
        CatalogConnector: {
            describe?: components["schemas"]["FieldText"];
            fault?: components["schemas"]["Fault"];
            icon: string;
            id: string;
            operations: components["schemas"]["CatalogSummary"][];
            settings: components["schemas"]["FieldSetting"][];
            timeZone?: string;
            title: components["schemas"]["FieldText"];
            version: string;
        };
        CatalogField: {
            baseData?: string;
            children?: components["schemas"]["CatalogField"][];
            default?: string;
            describe?: components["schemas"]["FieldText"];
            enum?: components["schemas"]["FieldOption"][];
            field: string;
            format?: string;
            group: string;
            parser?: components["schemas"]["FieldParser"];
            path: string;
            required: boolean;
            title: components["schemas"]["FieldText"];
            type: string;
        };
        CatalogForm: {
            id: string;
            key?: string;
            modified?: string;
            number?: string;
            request: components["schemas"]["CatalogField"][];
            response: components["schemas"]["CatalogField"][];
            title: components["schemas"]["FieldText"];
            writing?: components["schemas"]["ManifestWriting"];
        };
        CatalogOperation: {
            byNumber?: components["schemas"]["ManifestByNumber"];
            connector: string;
            form?: string;
            forms?: components["schemas"]["CatalogForm"][];
            key?: string;
            kind: string;
            modified?: string;
            name: string;
            number?: string;
            object: string;
            paging?: components["schemas"]["ManifestPaging"];
            request: components["schemas"]["CatalogField"][];
            response: components["schemas"]["CatalogField"][];
            title: components["schemas"]["FieldText"];
            version: string;
            window?: components["schemas"]["CatalogWindow"];
            writing?: components["schemas"]["ManifestWriting"];
        };
        CatalogSummary: {
            kind: string;
            name: string;
            object: string;
            title: components["schemas"]["FieldText"];
        };
        CatalogWindow: {
            format: string;
            from: string;
            granularity: string;
            lag: string;
            lookBack: string;
            span?: string;
            to: string;
        };
        Change: {
            after?: Json;
            /** @description None where it was purged */
            before?: Json;
        };
        Check: {
            account?: string;
            code?: string;
            hint?: string;
            message?: string;
            ok: boolean;
            path?: string;
            /** Format: int64 */
            tookMs: number;
        };
        CheckInputBody: Record<string, never>;
        ChoiceInputBody: {
            /** @description The id of a view or of a shipped one; empty for none */
            choice?: string;
        };
        ChooseInputBody: {
            /** Format: int64 */
            chosen: number;
        };
        CodeChanges: {
            /** Format: int64 */
            added: number;
            /** Format: int64 */
            changed: number;
            /** Format: int64 */
            removed: number;
            /** Format: int64 */
            unchanged: number;
            /** Format: int64 */
            version: number;
        };
        CodeDifference: {
            after?: components["schemas"]["CodeRowChange"];
            before?: components["schemas"]["CodeRowChange"];
            /** @enum {string} */
            kind: "added" | "changed" | "removed";
            source: string;
        };
        CodeFacet: {
            code: string;
            /** Format: int64 */
            documents: number;
            /** @description What to do next */
            hint?: string;
            message: string;
            /** @enum {string} */
            state: "waiting" | "held" | "delivered" | "collected" | "filtered" | "rejected" | "retry_at" | "unmapped" | "needs_decision" | "superseded" | "skipped";
        };
        CodeFile: {
            /** Format: int64 */
            added: number;
            /**
             * Format: int64
             * @description Rows without a target, which are left out
             */
            blank: number;
            /**
             * Format: int64
             * @description How many of them keep the file from being imported
             */
            blocking: number;
            /** Format: int64 */
            changed: number;
            /** @description The first of what the file changes */
            differences: components["schemas"]["CodeDifference"][];
            /**
             * Format: int64
             * @description How many problems there are
             */
            found: number;
            /** @description The first problems */
            problems: components["schemas"]["CodeFileProblem"][];
            /** Format: int64 */
            removed: number;
            /** @description Those of a workbook */
            sheets: string[];
            /** Format: int64 */
            unchanged: number;
            /** Format: int64 */
            version: number;
        };
        CodeFileProblem: {
            blocking: boolean;
            code: string;
            hint?: string;
            message: string;
            path?: string;
            /**
             * Format: int64
             * @description The row of the sheet, or the line of a CSV file
             */
            row: number;
        };
        CodeRow: {
            note: string;
            /**
             * Format: int64
             * @description How many other sources have the same target, so that it can't be translated back
             */
            shared: number;
            source: string;
            target: string;
            /** Format: date-time */
            updatedAt: string | null;
        };
        CodeRowChange: {
            note?: string;
            source: string;
            target: string;
        };
        CodeRowsInputBody: {
            /** @description A row with the source of one that is there takes its place */
            rows: components["schemas"]["CodeRowChange"][];
        };
        CodeSourcesInputBody: {
            sources: string[];
        };
        CodeTable: {
            /**
             * Format: int64
             * @description Targets that several sources have; counted where one table is asked for
             */
            ambiguous: number;
            id: string;
            /**
             * Format: int64
             * @description Codes that documents wait for
             */
            missing: number;
            /** @description What flows name it by; never changes */
            name: string;
            /** Format: int64 */
            rows: number;
            title: string;
            /** Format: date-time */
            updatedAt: string | null;
            /** @description Flows that name it in their draft or newest version */
            usedBy: components["schemas"]["CodeTableUser"][];
            /**
             * Format: int64
             * @description Changes with the rows
             */
            version: number;
            /**
             * Format: int64
             * @description Documents that wait for them
             */
            waiting: number;
        };
        CodeTableInputBody: {
            /** @description What flows name it by; can't be changed */
            name: string;
            /** @description The name when it is left out */
            title?: string;
        };
        CodeTableTitleInputBody: {
            title: string;
        };
        CodeTableUser: {
            id: string;
            title: string;
        };
        CompareFlowsInputBody: {
            from: Json;
            to: Json;
        };
        Connection: {
            connector: string;
            name: string;
            /**
             * Format: int64
             * @description What a change has to name
             */
            revision: number;
            /** @description Which secrets are there; their values never leave */
            secrets: {
                [key: string]: boolean;
            };
            settings: {
                [key: string]: unknown;
            };
            /** @description What keeps writes waiting until it is mended */
            trouble?: components["schemas"]["Trouble"];
            /** Format: date-time */
            updatedAt: string | null;
            usedBy: components["schemas"]["FlowName"][];
            /** @description The newest when it is empty */
            version: string;
        };
        ConnectionChange: {
            /** @description Only for a new connection */
            connector?: string;
            /**
             * Format: int64
             * @description That of the connection that was changed
             */
            revision?: number;
            /** @description A key that is left out keeps its secret, an empty text takes it away */
            secrets?: {
                [key: string]: string;
            };
            settings?: {
                [key: string]: unknown;
            };
            version?: string;
        };
        CookieInputBody: Record<string, never>;
        CopiedFlow: {
            id: string;
            title: string;
        };
        CopiedTable: {
            created: boolean;
            name: string;
            table: string;
        };
        CopiedTemplate: {
            flows: components["schemas"]["CopiedFlow"][];
            tables: components["schemas"]["CopiedTable"][];
        };
        CopyInputBody: {
            title?: string;
        };
        CopyTemplateInputBody: {
            /** @description Names of connections by slot */
            connections: {
                [key: string]: string;
            };
            /** @description Flows by the aliases of flow slots */
            flows?: {
                [key: string]: string;
            };
            /** @description Values to start with, by key */
            params?: {
                [key: string]: unknown;
            };
            /** @description Where sources begin to read, as 2026-01-01 00:00:00; the template's own time when it is left out */
            startFrom?: string;
            /** @description What becomes of code tables, by the template's names */
            tables?: {
                [key: string]: components["schemas"]["TableChoice"];
            };
        };
        CreateInputBody: {
            document?: Json;
            title?: string;
        };
        CursorPreview: {
            /** @description What is read once more */
            again?: components["schemas"]["BackfillEstimate"];
            /**
             * Format: date-time
             * @description Where the next window begins
             */
            begins: string;
            /**
             * Format: date-time
             * @description Where the cursor is; absent where nothing was read
             */
            from?: string;
            /** @description What lies between is not read by itself any more */
            skipped: boolean;
            /**
             * Format: int64
             * @description Documents of the range that the ledger has; at most 100,000 are counted
             */
            stored?: number;
            /** Format: date-time */
            to: string;
            /**
             * Format: int64
             * @description What the reset is told
             */
            version: number;
        };
        CursorPreviewInputBody: {
            /** Format: date-time */
            to: string;
        };
        CursorReset: {
            actor: string;
            /** Format: date-time */
            at: string | null;
            /** Format: date-time */
            from?: string;
            note?: string;
            /** Format: date-time */
            to: string | null;
        };
        CursorResetInputBody: {
            note?: string;
            /** Format: date-time */
            to: string;
            /**
             * Format: int64
             * @description The preview's
             */
            version: number;
        };
        Delivery: {
            /** Format: int64 */
            attempt: number;
            code?: string;
            connection: string;
            key: string;
            mapped?: Json;
            message?: string;
            /** Format: date-time */
            nextAt?: string;
            node: string;
            /** Format: int64 */
            part: number;
            resource: string;
            response?: Json;
            /** @enum {string} */
            state: "pending" | "sending" | "done" | "rejected" | "retry_at" | "unknown" | "needs_decision";
            /** @description The operation of the last step that is done, where the target has steps */
            step?: string;
            targetId?: string;
            targetNumber?: string;
            /** Format: date-time */
            updatedAt: string | null;
            /** @description The write changes an object that the target holds already */
            updating?: boolean;
            writeback?: Json;
        };
        Derived: {
            /** @description connector, title, params, request, response */
            body: Json;
            id: string;
            /** @description <base>#<form>, what nodes name it by; never changes */
            name: string;
            /** Format: date-time */
            updatedAt: string | null;
            /** @description Flows that name it in their draft or newest version */
            usedBy: components["schemas"]["DerivedUser"][];
            /** Format: int64 */
            version: number;
        };
        DerivedDraft: {
            body: Json;
            name: string;
        };
        DerivedInputBody: {
            /** @description connector, title, params, request, response */
            body: Json;
            /** @description <base>#<form>, for example executeBillQuery#SAL_SaleOrder */
            name: string;
        };
        DerivedUser: {
            id: string;
            title: string;
        };
        Diff: {
            flow: components["schemas"]["DiffChange"][];
            layout: boolean;
            nodes: components["schemas"]["DiffNode"][];
            tests: components["schemas"]["DiffChange"][];
            wires: components["schemas"]["DiffWire"][];
        };
        DiffChange: {
            after?: components["schemas"]["DiffSaid"];
            before?: components["schemas"]["DiffSaid"];
            hunks?: components["schemas"]["DiffHunk"][];
            /** @enum {string} */
            kind: "added" | "removed" | "changed" | "moved";
            member?: string;
            name?: string;
            part: string;
            path: string;
            titles?: components["schemas"]["FieldText"][];
        };
        DiffHunk: {
            /** Format: int64 */
            after: number;
            /** Format: int64 */
            before: number;
            lines: components["schemas"]["DiffLine"][];
        };
        DiffLine: {
            /** @enum {string} */
            kind: "same" | "added" | "removed";
            text: string;
        };
        DiffNode: {
            changes: components["schemas"]["DiffChange"][];
            id: string;
            /** @enum {string} */
            kind: "added" | "removed" | "changed";
            title: string;
            type: string;
            typeTitle?: components["schemas"]["FieldText"];
            was?: string;
        };
        DiffSaid: {
            text: string;
            title?: components["schemas"]["FieldText"];
        };
        DiffWire: {
            from: string;
            /** @enum {string} */
            kind: "added" | "removed" | "moved";
            to: string;
            wasFrom?: string;
            wasTo?: string;
        };
        DisableInputBody: {
            /** @description Cancel the runs that still read; otherwise they end by themselves */
            now?: boolean;
        };
        Discovered: {
            /**
             * Format: date-time
             * @description When the system was asked
             */
            at: string;
            /** @description As the catalogue gives the forms that a connector lists */
            form: components["schemas"]["CatalogForm"];
        };
        DiscoverInputBody: {
            /** @description The value of the operation's form parameter, for example SAL_OUTSTOCK */
            form: string;
            /** @description Ask the system again, though it was asked minutes ago */
            fresh?: boolean;
            operation: string;
        };
        DocumentDetail: {
            actions: ("retry" | "resend" | "skip" | "edit" | "eject" | "accept")[];
            attention: ("uncertain" | "warned" | "writeback_failing" | "handled" | "errand_failing")[];
            /** @description What it was made of, where a group made it */
            bill?: components["schemas"]["Bill"];
            /** @description The bills that it is in */
            bills: components["schemas"]["Member"][];
            code?: string;
            deliveries: components["schemas"]["Delivery"][];
            flow: string;
            flowTitle: string;
            /** @description Documents of other flows that it came from */
            handedFrom: components["schemas"]["Handed"][];
            /** @description Documents of other flows that it was handed over to */
            handedTo: components["schemas"]["Handed"][];
            id: string;
            key: string;
            message?: string;
            /**
             * Format: int64
             * @description Revisions that were read since and wait
             */
            newer: number;
            node: string;
            number: string;
            problem?: components["schemas"]["DocumentProblem"];
            /** @description The contents were removed because of their age */
            purged?: components["schemas"]["Purged"];
            /** Format: int64 */
            rev: number;
            revisions: components["schemas"]["Revision"][];
            run: string;
            source?: Json;
            /** @enum {string} */
            state: "waiting" | "claimed" | "held" | "delivered" | "collected" | "filtered" | "rejected" | "retry_at" | "unmapped" | "needs_decision" | "superseded" | "skipped" | "ignored";
            targetNumber?: string;
            /** Format: date-time */
            updatedAt: string | null;
            /** @description Those at the wanted fields, in their order, as the payload has them; none where it was purged */
            values?: string[];
            /** Format: int64 */
            version: number;
        };
        DocumentFilter: {
            /** @description Only what stands still, and in a list also documents of which a call after a walk fails */
            attention?: boolean;
            code?: string;
            flow?: string;
            node?: string;
            /** @description A number, a key or a target's number, or how one begins, or a document's id */
            number?: string;
            run?: string;
            /** @description One or several states, separated by commas */
            state?: string;
            /**
             * Format: date-time
             * @description What changed last at this time or later
             */
            updatedFrom?: string;
            /**
             * Format: date-time
             * @description What changed last before this time
             */
            updatedTo?: string;
        };
        DocumentPage: {
            items: components["schemas"]["DocumentSummary"][];
            next: string;
            /** @description The cursor of the page before, of what is newer; empty where this page begins with the newest */
            previous: string;
        };
        DocumentProblem: {
            code: string;
            hint?: string;
            message: string;
            node?: string;
            path?: string;
            /** Format: date-time */
            since: string | null;
        };
        DocumentSummary: {
            attention: ("uncertain" | "warned" | "writeback_failing" | "handled" | "errand_failing")[];
            code?: string;
            flow: string;
            flowTitle: string;
            id: string;
            key: string;
            message?: string;
            /**
             * Format: int64
             * @description Revisions that were read since and wait
             */
            newer: number;
            node: string;
            number: string;
            /** Format: int64 */
            rev: number;
            run: string;
            /** @enum {string} */
            state: "waiting" | "claimed" | "held" | "delivered" | "collected" | "filtered" | "rejected" | "retry_at" | "unmapped" | "needs_decision" | "superseded" | "skipped" | "ignored";
            targetNumber?: string;
            /** Format: date-time */
            updatedAt: string | null;
            /** @description Those at the wanted fields, in their order, as the payload has them; none where it was purged */
            values?: string[];
        };
        DraftDerivedInputBody: {
            /** @description Whose system is asked, where there is no sample */
            connection?: string;
            /** @description Of the sample */
            connector?: string;
            /** @description What stands behind the # of the name, and the value of the base's form parameter */
            form: string;
            /** @description The base */
            operation: string;
            /** @description The sample is what is sent, not what is answered */
            request?: boolean;
            /** @description A document, or a list of rows */
            sample?: Json;
        };
        DraftQuestion: {
            api?: string;
            candidates: components["schemas"]["CatalogCandidate"][];
            chosen?: components["schemas"]["CatalogChoice"];
            name?: string;
            role: string;
            sure: boolean;
            system?: string;
        };
        DraftSlot: {
            connector?: string;
            filled: boolean;
            key: string;
            /** @enum {string} */
            kind: "connection" | "flow" | "start";
            node: string;
            use?: string;
        };
        DryDocument: {
            fault?: components["schemas"]["Fault"];
            key: string;
            /** Format: int64 */
            no: number;
            /** @description Where it was refused */
            node?: string;
            number: string;
            source?: Json;
            /** @enum {string} */
            verdict: "create" | "update" | "skip" | "reject" | "decide" | "filtered" | "unmapped" | "unknown";
            writes: components["schemas"]["DryWrite"][];
        };
        DryRun: {
            /** @description Bodies were left out because there were too many bytes */
            clipped: boolean;
            /**
             * Format: int64
             * @description How many documents were wanted
             */
            count: number;
            /**
             * Format: int64
             * @description Records that the source's conditions let go
             */
            dropped: number;
            /** Format: date-time */
            ended?: string;
            /**
             * Format: date-time
             * @description When it is forgotten at the latest; later dry runs of the workspace may take its place sooner
             */
            expires?: string;
            /** @description Why it failed */
            fault?: components["schemas"]["Fault"];
            flow: string;
            id: string;
            node?: string;
            /**
             * Format: int64
             * @description How many were tried so far
             */
            read: number;
            /** Format: date-time */
            started: string;
            /** @enum {string} */
            state: "running" | "done" | "cancelled" | "failed";
            /** @description How many documents have each verdict */
            verdicts: {
                [key: string]: number;
            };
            /** @description draft, or the number of the version */
            version: string;
        };
        DryWrite: {
            connection: string;
            /** @description What the target holds now */
            existing?: Json;
            fault?: components["schemas"]["Fault"];
            key: string;
            /**
             * @description Whether the target was asked for the object
             * @enum {string}
             */
            looked?: "found" | "absent" | "not_offered" | "failed";
            mode: string;
            node: string;
            number?: string;
            operation: string;
            /** @description The parameters beside it */
            params?: Json;
            /** @description The row as it would be sent */
            request?: Json;
            targetId?: string;
            /** @enum {string} */
            verdict: "create" | "update" | "skip" | "reject" | "decide" | "unknown";
        };
        Editor: {
            /** Format: date-time */
            first: string | null;
            /** Format: date-time */
            last: string | null;
            /** @description Empty for the command line */
            name: string;
        };
        EjectInputBody: {
            /** @description Let the document walk once more; else it is rejected */
            again?: boolean;
            note?: string;
        };
        Entry: {
            /** @description It changed a moment ago and is not read yet */
            fresh: boolean;
            /** Format: date-time */
            modifiedAt: string;
            name: string;
            /** Format: int64 */
            size: number;
        };
        Errand: {
            actions: ("retry" | "skip")[];
            /** @description Who retried or skipped it last */
            actor?: string;
            answer?: Json;
            /** Format: int64 */
            attempt: number;
            /** @description What is sent; none where it was purged */
            body?: Json;
            /** @description That of the last fault */
            code?: string;
            connection: string;
            /**
             * Format: date-time
             * @description When it is sent, while the engine works on it by itself
             */
            dueAt?: string;
            id: string;
            /** @description The message that tells this one too */
            lead?: string;
            message?: string;
            node: string;
            note?: string;
            operation: string;
            /** @description The other parameters of the call */
            params?: Json;
            /** @enum {string} */
            purpose: "writeback" | "notify";
            /** Format: int64 */
            rev: number;
            /** @description What an action is told, so that nothing is done to what changed meanwhile */
            seen: string;
            /** @enum {string} */
            state: "pending" | "sending" | "done" | "rejected" | "retry_at" | "unknown" | "needs_decision" | "skipped" | "told";
            /** Format: date-time */
            updatedAt: string | null;
        };
        Evaluated: {
            error?: components["schemas"]["EvaluateError"];
            type?: string;
            value?: Json;
        };
        EvaluateError: {
            code: string;
            /** Format: int64 */
            column: number;
            /** Format: int64 */
            line: number;
            message: string;
            /**
             * Format: int64
             * @description In bytes from 0, -1 when the failure has no place
             */
            position: number;
        };
        EvaluateInputBody: {
            source?: Json;
            text: string;
            /** @description The flows that look-ups of the text name by an alias, as in spec.uses */
            uses?: {
                [key: string]: components["schemas"]["Use"];
            };
        };
        Event: {
            /** @enum {string} */
            action: "retry" | "resend" | "skip" | "edit" | "eject" | "accept" | "restore" | "recompose";
            actor: string;
            /** Format: date-time */
            at: string | null;
            /** @description That of the problem at that time */
            code?: string;
            edited: boolean;
            id: string;
            /** @description The job over many documents that did it */
            job?: string;
            node?: string;
            note?: string;
            /** Format: int64 */
            part: number;
            /** Format: int64 */
            rev: number;
            /**
             * Format: int64
             * @description The flow version that the document was pinned to by it
             */
            version?: number;
        };
        Explained: {
            fault?: components["schemas"]["Fault"];
            /** @description Its place in the new record */
            field: string;
            /** @description The path of the field's row in the node's settings */
            row: string;
            type?: string;
            /** @description What is written; missing where the field is left out */
            value?: Json;
            /** @description The steps from the record to the value */
            why: components["schemas"]["Why"][];
        };
        Facets: {
            codes: components["schemas"]["CodeFacet"][];
            states: {
                [key: string]: number;
            };
        };
        FailureCluster: {
            code: string;
            /** Format: int64 */
            documents: number;
            hint?: string;
            message: string;
            node?: string;
            /** Format: date-time */
            since?: string;
            /** @enum {string} */
            state: "rejected" | "retry_at" | "unmapped" | "needs_decision";
        };
        Fault: {
            args?: {
                [key: string]: string;
            };
            /** @enum {string} */
            class?: "transient" | "rate" | "auth" | "data" | "config" | "business_wait" | "duplicate" | "internal";
            code: string;
            hint?: string;
            message: string;
            notApplied?: boolean;
            path?: string;
            /** Format: int64 */
            retryAfter?: number;
        };
        FetchTemplateInputBody: Record<string, never>;
        FieldOption: {
            title: components["schemas"]["FieldText"];
            value: string;
        };
        FieldParser: {
            name: string;
            params?: string[];
        };
        FieldSetting: {
            default?: string;
            describe?: components["schemas"]["FieldText"];
            items?: components["schemas"]["FieldSetting"][];
            key: string;
            kind: string;
            /** Format: int64 */
            max?: number;
            /** Format: int64 */
            min?: number;
            options?: components["schemas"]["FieldOption"][];
            required?: boolean;
            secret?: boolean;
            title: components["schemas"]["FieldText"];
            when?: components["schemas"]["FieldWhen"];
            whole?: boolean;
        };
        FieldsKnown: {
            field: string;
            firstSeen?: string;
            origin?: string;
            sample?: string;
            title?: string;
            type?: string;
        };
        FieldText: {
            en?: string;
            zh: string;
        };
        FieldWhen: {
            in: string[];
            key: string;
        };
        File: {
            id: string;
            /** @description What flows name it by */
            name: string;
            /**
             * Format: int64
             * @description In bytes
             */
            size: number;
            /** @description SHA-256 of what it holds */
            sum: string;
            /** Format: date-time */
            uploadedAt: string | null;
            uploadedBy: string;
            /** @description Flows that read it, in their draft or newest version */
            usedBy: components["schemas"]["FileUser"][];
        };
        FileFault: {
            code: string;
            hint?: string;
            message: string;
            path?: string;
        };
        FileUser: {
            id: string;
            title: string;
        };
        FirstInputBody: Record<string, never>;
        Flow: {
            /**
             * Format: int64
             * @description How many problems block publishing
             */
            blocking: number;
            /** @description The draft is not what the newest version holds */
            dirty: boolean;
            document: Json;
            /** Format: int64 */
            draftVersion: number;
            enabled: boolean;
            etag: string;
            id: string;
            name: string;
            problems: components["schemas"]["FlowProblem"][];
            /**
             * Format: int64
             * @description 0 when nothing is published
             */
            publishedVersion: number;
            title: string;
            /** Format: date-time */
            updatedAt: string | null;
        };
        FlowHistory: {
            /** @description The draft is not what the newest version holds */
            dirty: boolean;
            /** @description Who saved the draft since the newest version */
            draftEditors: components["schemas"]["Editor"][];
            /** Format: int64 */
            draftVersion: number;
            enabled: boolean;
            /** @description The newest first */
            items: components["schemas"]["FlowVersion"][];
        };
        FlowName: {
            id: string;
            title: string;
        };
        FlowOverview: {
            /** @description Why documents stand still, the largest first */
            clusters: components["schemas"]["FailureCluster"][];
            /** @description Those that the published version uses */
            connections: string[];
            /** Format: date-time */
            from: string;
            /** @description The newest run that read everything and has nothing under way any more */
            lastDone?: components["schemas"]["OverviewRun"];
            lastRun?: components["schemas"]["OverviewRun"];
            /** @description How long pages and calls take, the slowest first */
            nodes: components["schemas"]["NodePace"][];
            points: components["schemas"]["OverviewPoint"][];
            /** @description Sources that select by time and were read */
            sources: components["schemas"]["SourceLag"][];
            span: string;
            /** Format: int64 */
            stepSeconds: number;
            /** Format: date-time */
            to: string;
            verdict: components["schemas"]["FlowVerdict"];
        };
        FlowProblem: {
            blocking: boolean;
            code: string;
            hint: string;
            message: string;
            path: string;
        };
        FlowRequests: {
            orders?: components["schemas"]["RunOrders"];
            /** @description The newest first, at most 100 */
            pages: components["schemas"]["RequestPage"][];
            paused: boolean;
            /** @description It still reads, or waits for its turn */
            pulling: boolean;
            /** @description The run that is told of */
            run?: components["schemas"]["OverviewRun"];
            /** @description The newest first, at most 50 */
            windows: components["schemas"]["RequestWindow"][];
        };
        FlowRollbackInputBody: {
            /**
             * @description replace makes the old document the draft as well
             * @enum {string}
             */
            draft: "keep" | "replace";
            /**
             * Format: int64
             * @description The draft that may be replaced; one that was saved meanwhile is a conflict
             */
            draftVersion?: number;
            /** Format: int64 */
            no: number;
            note?: string;
        };
        FlowSchedule: {
            crons: string[];
            /** @description The next firings of all of them together; none while the flow is stopped */
            next: string[];
            /** @description Where they count */
            timezone: string;
        };
        FlowSummary: {
            /** @description Documents that stand still, by state */
            attention: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description How many problems block publishing
             */
            blocking: number;
            /** @description The draft is not what the newest version holds */
            dirty: boolean;
            /** Format: int64 */
            draftVersion: number;
            enabled: boolean;
            id: string;
            lastRun?: components["schemas"]["LastRun"];
            name: string;
            /** Format: date-time */
            nextFire?: string;
            /**
             * Format: int64
             * @description How much of the documents that it looks up is indexed, in percent; absent when all are
             */
            preparing?: number;
            /**
             * Format: int64
             * @description 0 when nothing is published
             */
            publishedVersion: number;
            /** @description Of the published version, also while the flow is stopped; absent where it has none */
            schedule?: components["schemas"]["FlowSchedule"];
            title: string;
            /** Format: date-time */
            updatedAt: string | null;
        };
        FlowVerdict: {
            /**
             * Format: int64
             * @description Documents that are tried again by themselves
             */
            again: number;
            /**
             * Format: int64
             * @description The largest lag of a source
             */
            behindSeconds: number;
            /** @enum {string} */
            code: "unpublished" | "paused" | "failing" | "attention" | "stopped" | "never" | "late" | "retrying" | "reading" | "healthy";
            /**
             * Format: int64
             * @description The usual time between two runs; absent where nobody knows
             */
            usualSeconds?: number;
            /**
             * Format: int64
             * @description Documents that wait for a person
             */
            waiting: number;
        };
        FlowVersion: {
            /** @description Who published it; empty for the command line */
            author: string;
            /** Format: date-time */
            createdAt: string | null;
            /** @description Who saved the draft on the way to it, the last first */
            editors: components["schemas"]["Editor"][];
            /**
             * Format: int64
             * @description The version whose document was published again
             */
            from?: number;
            /** @description SHA-256 of the document and its derived operations: versions with the same one do the same */
            hash: string;
            /**
             * Format: int64
             * @description Documents that are queued or tried again and walk with it
             */
            inFlight: number;
            /** @description What is read from now on walks with it */
            newest: boolean;
            /** Format: int64 */
            no: number;
            note: string;
        };
        FlowWrites: {
            /** @description The newest calls, on the first page */
            calls: components["schemas"]["WrittenCall"][];
            counts: components["schemas"]["WritesCounts"];
            /** @description What is due first first */
            items: components["schemas"]["QueueEntry"][];
            next: string;
        };
        Handed: {
            /** Format: date-time */
            at: string | null;
            flow: string;
            flowTitle: string;
            id: string;
            key: string;
            /** @description The writeback that handed over; none where the other flow read by itself */
            node?: string;
            number: string;
            /**
             * Format: int64
             * @description Its revision; 0 where the other flow let it go
             */
            rev: number;
            /** @enum {string} */
            state: "waiting" | "claimed" | "held" | "delivered" | "collected" | "filtered" | "rejected" | "retry_at" | "unmapped" | "needs_decision" | "superseded" | "skipped" | "ignored";
        };
        HelpHeading: {
            /** @description The same in every language */
            id: string;
            /**
             * Format: int64
             * @description 2 or 3
             */
            level: number;
            title: string;
        };
        HelpPage: {
            /** @enum {string} */
            chapter: "start" | "nodes" | "language" | "deployment" | "terms";
            headings: components["schemas"]["HelpHeading"][];
            id: string;
            /** @description Markdown; {#id} ends each heading, and fenced blocks of the kinds value, mapping, conditions and flow are examples */
            text: string;
            title: string;
        };
        HelpTitle: {
            /** @enum {string} */
            chapter: "start" | "nodes" | "language" | "deployment" | "terms";
            headings: components["schemas"]["HelpHeading"][];
            id: string;
            title: string;
        };
        Home: {
            /** @description Connections that need a person, the gravest first */
            connections: components["schemas"]["HomeConnection"][];
            /** @description Flows that need a person, the gravest first */
            flows: components["schemas"]["HomeFlow"][];
            /** @description Why documents stand still, the largest first */
            groups: components["schemas"]["HomeGroup"][];
            /** @description The flow that was changed last */
            latest?: string;
            /** @description Documents by state */
            states: {
                [key: string]: number;
            };
            /** @description How far a new instance has come */
            steps: components["schemas"]["HomeSteps"];
            /** @description API tokens that end within a week or ended within the last one; only for administrators */
            tokens: components["schemas"]["HomeToken"][];
            /** @description Flows by how they are doing */
            verdicts: {
                [key: string]: number;
            };
        };
        HomeConnection: {
            /**
             * Format: int64
             * @description of so many
             */
            allowed?: number;
            code?: string;
            hint?: string;
            message?: string;
            name: string;
            /**
             * Format: int64
             * @description in each span of so many milliseconds
             */
            perMs?: number;
            /** Format: date-time */
            since?: string;
            /**
             * Format: date-time
             * @description When calls begin again
             */
            until?: string;
            /**
             * Format: int64
             * @description Calls of the nearly used quota that are made
             */
            used?: number;
            /** @enum {string} */
            why: "interrupted" | "broken" | "throttled" | "quota";
        };
        HomeFlow: {
            /**
             * Format: int64
             * @description Of a flow that is late
             */
            behindSeconds?: number;
            /**
             * Format: int64
             * @description Problems of a blocked draft
             */
            blocking?: number;
            id: string;
            /**
             * Format: date-time
             * @description When the last good run ended; absent where none of the latest was
             */
            lastDoneAt?: string;
            /** @description Why the last run failed */
            message?: string;
            /** @description The last one */
            run?: string;
            title: string;
            /** @enum {string} */
            why: "failing" | "never" | "late" | "blocked";
        };
        HomeGroup: {
            code: string;
            /** Format: int64 */
            documents: number;
            hint?: string;
            message: string;
            /** @enum {string} */
            state: "rejected" | "retry_at" | "unmapped" | "needs_decision";
        };
        HomeSteps: {
            /** @description There is a connection */
            connected: boolean;
            /** @description A document arrived */
            delivered: boolean;
            /** @description There is a flow */
            drawn: boolean;
            /** @description A dry run came to its end once */
            dryRun: boolean;
            /** @description A flow is switched on */
            enabled: boolean;
        };
        HomeToken: {
            /** Format: date-time */
            expiresAt: string | null;
            id: string;
            name: string;
        };
        Hook: {
            /** @description The newest requests that were taken */
            calls: components["schemas"]["HookPost"][];
            /** @description Where documents are posted, behind the address of this server; empty where there is no secret yet */
            path: string;
            /** @description Those that are good now, the newest first */
            secrets: components["schemas"]["HookSecret"][];
        };
        HookCredential: {
            /** @description What requests are signed with. It is shown here and never again */
            secret: string;
            /** @description What requests carry that are not signed. It is shown here and never again */
            token: string;
            webhook: components["schemas"]["Hook"];
        };
        HookPost: {
            documents: string[];
            message: string;
            /** Format: date-time */
            receivedAt: string | null;
            /**
             * Format: int64
             * @description What was answered for good, 0 where nothing was
             */
            status: number;
        };
        HookReply: {
            body: string;
            contentType: string;
            /** Format: int64 */
            status: number;
        };
        HookSecret: {
            /** Format: date-time */
            createdAt: string | null;
            createdBy: string;
            /**
             * Format: date-time
             * @description null for one that is good until it is replaced
             */
            expiresAt: string | null;
        };
        IDOrderBody: Record<string, never>;
        ImportAnswers: {
            /** @description Names of connections by source and target */
            connections?: {
                [key: string]: string;
            };
            /** @description Ids of flows by the ids that the text has for them */
            flows?: {
                [key: string]: string;
            };
            /** @description What is read; the best candidate where it is left out */
            source?: components["schemas"]["CatalogChoice"];
            /** @description Where the first pull begins */
            startFrom?: string;
            /** @description What is written */
            target?: components["schemas"]["CatalogChoice"];
            title?: string;
        };
        ImportDraft: {
            document: Json;
            lines: components["schemas"]["ImportLine"][];
            questions: components["schemas"]["DraftQuestion"][];
            /**
             * Format: int64
             * @description How many of them were understood
             */
            read: number;
            /**
             * Format: int64
             * @description How many lines are rows
             */
            rows: number;
            slots: components["schemas"]["DraftSlot"][];
            title: string;
        };
        ImportedFlow: {
            /**
             * Format: int64
             * @description How many of them block publishing
             */
            blocking: number;
            id: string;
            /**
             * Format: int64
             * @description How many problems the draft has
             */
            problems: number;
            title: string;
        };
        ImportLine: {
            code?: string;
            /** @enum {string} */
            fate: "understood" | "moved" | "inferred" | "not_understood" | "outline" | "text";
            hint?: string;
            /**
             * Format: int64
             * @description From 1; missing for a member of JSON
             */
            line?: number;
            /** @description The member of JSON */
            path?: string;
            text: string;
            /** @description Its place in the flow */
            where?: string;
            /** @description In the reader's language */
            why?: string;
        };
        ImportMade: {
            flows: components["schemas"]["ImportedFlow"][];
        };
        ImportPreview: {
            drafts: components["schemas"]["ImportDraft"][];
            /** @enum {string} */
            format: "karez" | "qeasy" | "table";
        };
        Interrupted: {
            code: string;
            /**
             * Format: int64
             * @description Calls in a row that got no answer
             */
            failures: number;
            hint?: string;
            message: string;
            /**
             * Format: date-time
             * @description When one call tries again
             */
            nextAt: string | null;
            /** Format: date-time */
            since: string | null;
        };
        KeyOwner: {
            flowTitle: string;
            id: string;
            key: string;
            number: string;
        };
        LastRun: {
            counts: {
                [key: string]: number;
            };
            /** Format: date-time */
            endedAt?: string;
            id: string;
            /** Format: date-time */
            startedAt?: string;
            /** @enum {string} */
            state: "queued" | "running" | "done" | "failed" | "cancelled";
        };
        LedgerColumn: {
            /** @description The first node that reads documents with it */
            node: string;
            /** @description As the list of documents takes it for a field */
            path: string;
            title: components["schemas"]["FieldText"];
            type?: string;
        };
        Limit: {
            /**
             * Format: int64
             * @description Calls that are let through at present
             */
            allowed: number;
            /**
             * Format: int64
             * @description What is declared: so many calls
             */
            calls: number;
            /**
             * Format: int64
             * @description Calls that an administrator set in their place
             */
            own?: number;
            /**
             * Format: int64
             * @description in each span of so many milliseconds
             */
            perMs: number;
            /** @description of each operation */
            perOperation?: boolean;
            /**
             * Format: int64
             * @description Calls that count now; of the operation with the most, where they are counted apart
             */
            used: number;
            /**
             * Format: int64
             * @description in each span of so many milliseconds
             */
            withinMs: number;
        };
        LimitInputBody: {
            /**
             * Format: int64
             * @description The declared limit that is meant
             */
            calls: number;
            /**
             * Format: int64
             * @description Calls to be let through in place of the declared ones; 0 takes them back
             */
            own: number;
            /** Format: int64 */
            perMs: number;
            perOperation?: boolean;
            /** @description More than the vendor declares is meant */
            sure?: boolean;
        };
        Lineage: {
            /** @description Why there is more than is shown: too many nodes, or too many hops away */
            cut: ("nodes" | "hops")[];
            edges: components["schemas"]["LineageEdge"][];
            nodes: components["schemas"]["LineageNode"][];
            /** @description The node of the document that was asked about */
            root: string;
        };
        LineageEdge: {
            from: string;
            /** @enum {string} */
            kind: "handed" | "grouped" | "written" | "told";
            /** @description The node of the flow by which it came to be */
            node?: string;
            to: string;
        };
        LineageNode: {
            bill?: boolean;
            connection?: string;
            /** @description The document that it is, or belongs to */
            document: string;
            flow: string;
            flowTitle: string;
            /**
             * Format: int64
             * @description How many documents away, negative towards the sources
             */
            hop: number;
            id: string;
            /** @enum {string} */
            kind: "document" | "delivery" | "errand";
            /** @description A number, else a key; of a call its operation */
            label: string;
            node: string;
            /** @enum {string} */
            state: "waiting" | "claimed" | "held" | "delivered" | "collected" | "filtered" | "rejected" | "retry_at" | "unmapped" | "needs_decision" | "superseded" | "skipped" | "ignored" | "pending" | "sending" | "done" | "unknown" | "told";
            /** Format: int64 */
            version: number;
        };
        ListAttempt: {
            items: components["schemas"]["Attempt"][];
            next: string;
        };
        ListBaseSet: {
            items: components["schemas"]["BaseSet"][];
            next: string;
        };
        ListBulkJob: {
            items: components["schemas"]["BulkJob"][];
            next: string;
        };
        ListBulkRefusal: {
            items: components["schemas"]["BulkRefusal"][];
            next: string;
        };
        ListCodeRow: {
            items: components["schemas"]["CodeRow"][];
            next: string;
        };
        ListCodeTable: {
            items: components["schemas"]["CodeTable"][];
            next: string;
        };
        ListConnection: {
            items: components["schemas"]["Connection"][];
            next: string;
        };
        ListConnector: {
            items: components["schemas"]["CatalogConnector"][];
            next: string;
        };
        ListDeclaration: {
            items: components["schemas"]["NodeDeclaration"][];
            next: string;
        };
        ListDerived: {
            items: components["schemas"]["Derived"][];
            next: string;
        };
        ListDerivedDraft: {
            items: components["schemas"]["DerivedDraft"][];
            next: string;
        };
        ListDryDocument: {
            items: components["schemas"]["DryDocument"][];
            next: string;
        };
        ListDryRun: {
            items: components["schemas"]["DryRun"][];
            next: string;
        };
        ListedTemplate: {
            author: string;
            id: string;
            /** @description The newest version that is here; empty for none */
            installed: string;
            key?: string;
            signer: string;
            /**
             * @description As its list says; the package itself is checked when it is fetched
             * @enum {string}
             */
            status: "core" | "signed" | "community" | "unsigned" | "modified" | "revoked" | "loose";
            summary: components["schemas"]["FieldText"];
            title: components["schemas"]["FieldText"];
            /** @description The newest */
            version: string;
        };
        ListErrand: {
            items: components["schemas"]["Errand"][];
            next: string;
        };
        ListEvent: {
            items: components["schemas"]["Event"][];
            next: string;
        };
        ListExplained: {
            items: components["schemas"]["Explained"][];
            next: string;
        };
        ListFile: {
            items: components["schemas"]["File"][];
            next: string;
        };
        ListFlowSummary: {
            items: components["schemas"]["FlowSummary"][];
            next: string;
        };
        ListHelpTitle: {
            items: components["schemas"]["HelpTitle"][];
            next: string;
        };
        ListLedgerColumn: {
            items: components["schemas"]["LedgerColumn"][];
            next: string;
        };
        ListMadeBaseSet: {
            items: components["schemas"]["MadeBaseSet"][];
            next: string;
        };
        ListPausedFlow: {
            items: components["schemas"]["PausedFlow"][];
            next: string;
        };
        ListPinnedSample: {
            items: components["schemas"]["PinnedSample"][];
            next: string;
        };
        ListPlugin: {
            items: components["schemas"]["Plugin"][];
            next: string;
        };
        ListPluginPage: {
            items: components["schemas"]["PluginPage"][];
            next: string;
        };
        ListReconciliation: {
            items: components["schemas"]["Reconciliation"][];
            next: string;
        };
        ListReconciliationFinding: {
            items: components["schemas"]["ReconciliationFinding"][];
            next: string;
        };
        ListRun: {
            items: components["schemas"]["Run"][];
            next: string;
        };
        ListTemplate: {
            items: components["schemas"]["Template"][];
            next: string;
        };
        ListToken: {
            items: components["schemas"]["Token"][];
            next: string;
        };
        LoginInputBody: {
            name: string;
            password: string;
        };
        MadeBaseSet: {
            /** @description Whether the flow was made now; otherwise it was there */
            created: boolean;
            /**
             * Format: int64
             * @description How many were collected
             */
            documents: number;
            /** @description The flow that collects it; absent while there is none */
            flow?: components["schemas"]["BaseSetFlow"];
            /** @description What the operation reads, where it has forms */
            form?: string;
            /** @description The type of base data as fields refer to it */
            object: string;
            operation: string;
            /** @description The run that was started */
            run?: string;
            /** @description When a new flow runs */
            schedule: string;
            title: components["schemas"]["FieldText"];
        };
        MakeBaseSetInputBody: {
            /** @description Start every flow at once */
            run?: boolean;
            sets: components["schemas"]["BaseSetName"][];
        };
        ManifestByNumber: {
            /** Format: int64 */
            max: number;
            param: string;
        };
        ManifestMode: {
            class: string;
            compare?: string[];
            echo?: string;
            idField?: string;
            preProbe?: boolean;
            probe?: boolean;
            readLag?: string;
        };
        ManifestPaging: {
            /** Format: int64 */
            defaultSize: number;
            direction?: string;
            /** Format: int64 */
            first?: number;
            /** Format: int64 */
            maxSize: number;
            number?: string;
            offset?: string;
            size?: string;
            strategy: string;
            token?: string;
            total?: boolean;
        };
        ManifestStep: {
            default?: boolean;
            id?: string;
            number?: string;
            operation: string;
        };
        ManifestWriting: {
            answers: string;
            batch: string;
            create?: components["schemas"]["ManifestMode"];
            /** Format: int64 */
            defaultRows: number;
            key?: string;
            /** Format: int64 */
            maxRows: number;
            onRevised?: string;
            rowsKey?: string;
            steps?: components["schemas"]["ManifestStep"][];
            update?: components["schemas"]["ManifestMode"];
        };
        Member: {
            id: string;
            key: string;
            node: string;
            number: string;
            /**
             * Format: int64
             * @description The member's revision
             */
            rev: number;
            /** @enum {string} */
            state: "waiting" | "claimed" | "held" | "delivered" | "collected" | "filtered" | "rejected" | "retry_at" | "unmapped" | "needs_decision" | "superseded" | "skipped" | "ignored";
        };
        MendInputBody: {
            /** @description Why it is skipped */
            note?: string;
            /** @description The errand's, as the caller saw it */
            seen?: string;
        };
        MissingCode: {
            code: string;
            /** @description One of them */
            document: string;
            /**
             * Format: int64
             * @description How many wait for it
             */
            documents: number;
            flow: string;
            flowTitle: string;
            name: string;
            /** @description Its number, or its key */
            number: string;
            /** @description The code is one of the target side */
            reverse: boolean;
            table: string;
            tableTitle: string;
        };
        MissingCodes: {
            items: components["schemas"]["MissingCode"][];
            /**
             * Format: int64
             * @description How many codes are missing, also where not all of them are listed
             */
            total: number;
        };
        NamedChange: {
            /** @description Only for a new connection */
            connector?: string;
            name: string;
            /**
             * Format: int64
             * @description That of the connection that was changed
             */
            revision?: number;
            /** @description A key that is left out keeps its secret, an empty text takes it away */
            secrets?: {
                [key: string]: string;
            };
            settings?: {
                [key: string]: unknown;
            };
            version?: string;
        };
        NewToken: {
            /** Format: date-time */
            createdAt: string | null;
            /** Format: date-time */
            expiresAt?: string;
            id: string;
            /** Format: date-time */
            lastUsedAt?: string;
            name: string;
            /** @enum {string} */
            role: "viewer" | "operator" | "editor" | "admin";
            /** @description The secret, shown this once */
            token: string;
        };
        NodeDeclaration: {
            category: string;
            connection?: boolean;
            connectionWhen?: components["schemas"]["FieldWhen"];
            connectionWith?: string;
            describe: components["schemas"]["FieldText"];
            icon: string;
            inputs?: components["schemas"]["NodePort"][];
            kind: string;
            outputs?: components["schemas"]["NodePort"][];
            outputsFrom?: string;
            role?: string;
            settings: components["schemas"]["FieldSetting"][];
            title: components["schemas"]["FieldText"];
            type: string;
            /** Format: int64 */
            typeVersion: number;
        };
        NodePace: {
            /**
             * @description page: from one page that came to the next; call: of the target
             * @enum {string}
             */
            kind: "page" | "call";
            /** Format: int64 */
            meanMs: number;
            node: string;
            /**
             * Format: int64
             * @description How many of them; of calls at most 200 of each step are looked at
             */
            of: number;
        };
        NodePort: {
            name: string;
            title: components["schemas"]["FieldText"];
            traffic: string;
        };
        OrderAllowed: {
            allowed: boolean;
            /** @description Why not */
            code?: string;
            hint?: string;
            message?: string;
        };
        Origin: {
            /**
             * Format: int64
             * @description Which line of the record, from 0
             */
            line: number;
            member: string;
            /**
             * Format: int64
             * @description Which of the records that the member brings, from 0
             */
            record: number;
        };
        OverviewPoint: {
            /** Format: int64 */
            accepted: number;
            /**
             * Format: date-time
             * @description When the step begins
             */
            at: string;
            /**
             * Format: int64
             * @description Calls to targets in the step that were looked at, at most 200
             */
            calls: number;
            /**
             * Format: int64
             * @description Collected ones included
             */
            delivered: number;
            /**
             * Format: int64
             * @description Rejected, unmapped, or in need of a decision
             */
            failed: number;
            /**
             * Format: int64
             * @description Half of these calls took no longer
             */
            medianMs: number;
            /**
             * Format: int64
             * @description Waiting or held
             */
            open: number;
            /**
             * Format: int64
             * @description By the runs that began in the step; their documents may have arrived later
             */
            pulled: number;
            /** Format: int64 */
            retrying: number;
            /**
             * Format: int64
             * @description 95 of a hundred took no longer
             */
            slowMs: number;
        };
        OverviewRun: {
            code?: string;
            /** Format: date-time */
            endedAt?: string;
            id: string;
            message?: string;
            /** Format: date-time */
            startedAt?: string;
            /** @enum {string} */
            state: "queued" | "running" | "done" | "failed" | "cancelled";
        };
        PageRequest: {
            /**
             * Format: int64
             * @description Counts the readings of the window from 1
             */
            attempt: number;
            /** @description Why it failed; absent where it did not */
            code?: string;
            /** @description Empty where it is gone */
            connection: string;
            id: string;
            message?: string;
            /** @description The source node */
            node: string;
            operation: string;
            /** Format: int64 */
            page: number;
            /**
             * Format: int64
             * @description Bytes there were
             */
            requestSize: number;
            /**
             * Format: int64
             * @description Bytes there were
             */
            responseSize: number;
            /**
             * Format: int64
             * @description Records that came
             */
            rows: number;
            run: string;
            /** Format: date-time */
            startedAt: string | null;
            /** Format: int64 */
            tookMs: number;
            /**
             * Format: int64
             * @description Records that match, where the source tells
             */
            total?: number;
            /** @description The window of time that was read */
            window: string;
        };
        PageRequestContent: {
            /** @description A secret of the connection was covered */
            covered: boolean;
            /** @description JSON: the parameters and the page, as the connector got them */
            request: string;
            /** @description Only the beginning was kept */
            requestCut: boolean;
            /** @description The records that came as JSON, or what the vendor answered to a call that failed; empty where nobody knows */
            response: string;
            /** @description Only the beginning was kept */
            responseCut: boolean;
        };
        PageRequestList: {
            items: components["schemas"]["PageRequest"][];
        };
        PastReading: {
            code?: string;
            /** Format: date-time */
            endedAt?: string;
            /**
             * Format: int64
             * @description Documents that the ledger did not have
             */
            found: number;
            /** Format: date-time */
            from?: string;
            /** @enum {string} */
            kind: "sweep" | "backfill";
            /**
             * Format: int64
             * @description How long it is likely to go on
             */
            leftSeconds?: number;
            message?: string;
            paused: boolean;
            /** Format: int64 */
            percent: number;
            /**
             * Format: int64
             * @description Documents a minute since it began
             */
            perMinute: number;
            /** Format: int64 */
            pulled: number;
            /**
             * Format: date-time
             * @description Up to where the range was read
             */
            reached?: string;
            /** @description It still reads, or waits for its turn */
            reading: boolean;
            run: string;
            /** Format: date-time */
            startedAt?: string;
            /** @enum {string} */
            state: "queued" | "running" | "done" | "failed" | "cancelled";
            /** Format: date-time */
            to?: string;
            /** Format: int64 */
            unchanged: number;
            /**
             * Format: int64
             * @description How many windows were read
             */
            windows: number;
            /**
             * Format: int64
             * @description Into how many windows the range is cut; absent where nobody knows yet
             */
            windowsAll?: number;
        };
        PausedFlow: {
            actor: string;
            flow: string;
            note?: string;
            /** Format: date-time */
            since: string | null;
        };
        PauseInputBody: {
            note?: string;
        };
        PinInputBody: {
            pinned: boolean;
        };
        PinnedSample: {
            /** @description A mark of the settings that the sample was taken with, of the caller's making */
            basis?: string;
            /**
             * Format: int64
             * @description The index of the document that tests use
             */
            chosen: number;
            /** @description Documents as the ledger would store them */
            items: Json[];
            node: string;
            /** @enum {string} */
            origin: "taken" | "numbers" | "posted" | "edited";
            /** Format: date-time */
            pinnedAt: string | null;
            pinnedBy: string;
            /** @description What the system was asked */
            request?: Json;
            /**
             * Format: int64
             * @description How many the system has, -1 where it does not tell
             */
            total: number;
        };
        Plugin: {
            /**
             * Format: int64
             * @description How many connections of all workspaces are of it
             */
            connections: number;
            fault?: components["schemas"]["PluginFault"];
            /** @description Where its icon is, for a picture; empty where it has none */
            icon: string;
            id: string;
            /** @description What confines the process of the version that serves */
            isolation: components["schemas"]["PluginIsolation"];
            /** @description Those that the version which serves brings */
            nodes: components["schemas"]["PluginNode"][];
            /** @description Those of the version that serves */
            operations: components["schemas"]["PluginOperation"][];
            /** @description Packages of it are installed */
            packaged: boolean;
            /** @description A newer version is not made active when it is installed */
            pinned: boolean;
            /** @description The version that served before */
            previous?: string;
            /** @description The version that serves connections which ask for no other; empty where none starts */
            serves: string;
            title: components["schemas"]["FieldText"];
            /** @description From the newest to the oldest */
            versions: components["schemas"]["PluginVersion"][];
        };
        PluginChange: {
            /** @description A flow that used it may not work any more */
            breaking: boolean;
            /** @enum {string} */
            kind: "added" | "removed" | "changed";
            name: string;
            operation?: string;
            /** @enum {string} */
            part: "setting" | "operation" | "request" | "response" | "form" | "node" | "nodeSetting" | "connector";
            title: components["schemas"]["FieldText"];
        };
        PluginEffect: {
            changes: components["schemas"]["PluginChange"][];
            /**
             * Format: int64
             * @description How many connections of other workspaces it would serve
             */
            elsewhere: number;
            /** @description Flows that the other version would serve, those first that may break */
            flows: components["schemas"]["AffectedFlow"][];
            /**
             * Format: int64
             * @description How many published flows of other workspaces have nodes of it
             */
            flowsElsewhere: number;
            /** @description The version that serves now; empty for none */
            from: string;
            to: string;
        };
        PluginFault: {
            code: string;
            hint?: string;
            message: string;
            path?: string;
        };
        PluginInspection: {
            effect: components["schemas"]["PluginEffect"];
            hosts: string[];
            id: string;
            /** @description Exactly this package is installed */
            installed: boolean;
            key?: string;
            keyName?: string;
            /** @description What has to be allowed for it to be installed */
            objections: components["schemas"]["PluginFault"][];
            publisher?: string;
            secrets: string[];
            /** @enum {string} */
            status: "core" | "signed" | "community" | "unsigned" | "modified" | "revoked" | "loose";
            /** @description Names exactly this content; an installation is told it */
            sum: string;
            title: components["schemas"]["FieldText"];
            version: string;
        };
        PluginIsolation: {
            /** @description The systems that it may reach; {key} is what that setting of a connection names */
            hosts: string[];
            /** @description It says which systems it calls; one that does not may call any */
            hostsDeclared: boolean;
            inForce: ("group" | "environment" | "privileges" | "limits" | "files" | "processes" | "network")[];
            /**
             * @description L1: confined in all parts; partial: some are missing; L0: not confined; unknown: not started yet
             * @enum {string}
             */
            level: "L1" | "partial" | "L0" | "unknown";
            missing: components["schemas"]["PluginShortfall"][];
        };
        PluginNode: {
            title: components["schemas"]["FieldText"];
            /** @description As flows name it: its page of the reference is node-TYPE with two hyphens for the slash */
            type: string;
        };
        PluginOperation: {
            /** @enum {string} */
            kind: "query" | "write" | "action";
            name: string;
            title: components["schemas"]["FieldText"];
        };
        PluginPage: {
            /** @description Why there is no text */
            fault?: components["schemas"]["PluginFault"];
            /** @description README, CHANGELOG, or the path below docs/ without language and ending */
            id: string;
            /** @enum {string} */
            kind: "readme" | "guide" | "changelog";
            /** @description Markdown of the publisher, who is trusted with nothing: HTML in it is not to be shown */
            text: string;
            /** @description Its first heading; empty where it has none */
            title: string;
        };
        PluginShortfall: {
            /** @enum {string} */
            part: "group" | "environment" | "privileges" | "limits" | "files" | "processes" | "network";
            /** @description In the system's words */
            reason: string;
        };
        PluginVersion: {
            active: boolean;
            /** @description Why it is not started */
            fault?: components["schemas"]["PluginFault"];
            /** @description The systems that it says it calls */
            hosts: string[];
            /** Format: date-time */
            installedAt?: string;
            installedBy?: string;
            /** @description The id of the key that signed it */
            key?: string;
            /** @description Whose key it is, where it is trusted here */
            keyName?: string;
            /** @description Who made it, in their own words */
            publisher?: string;
            /** @description The secret settings that it gets of its own connections */
            secrets: string[];
            /** @enum {string} */
            status: "core" | "signed" | "community" | "unsigned" | "modified" | "revoked" | "loose";
            version: string;
        };
        Preview: {
            delimiter: string;
            encoding: string;
            /** @description Why it can't be read, or not further */
            fault?: components["schemas"]["FileFault"];
            /** @description The files in the folder that fit, the next to be read first */
            files: components["schemas"]["Entry"][];
            /** @description Where the folder lies on the server */
            folder: string;
            format: string;
            /** @description There are others behind them */
            more: boolean;
            /** @description The file that is shown; empty where there is none */
            name: string;
            /** @description Its first records */
            rows: Json[];
            sheets: string[];
        };
        PreviewInputBody: {
            settings: {
                [key: string]: unknown;
            };
        };
        Problem: {
            args?: {
                [key: string]: string;
            };
            /** @description Stable dotted code */
            code: string;
            /** @description The version that is stored, on a conflict */
            current?: Json;
            /** @description What to do next */
            hint?: string;
            /** @description A sentence in the language of Accept-Language */
            message: string;
            /** @description The bad field */
            path?: string;
            problems?: components["schemas"]["FlowProblem"][];
            requestId?: string;
            /** Format: int64 */
            status: number;
            /** @description The status in words */
            title: string;
            /** @description Always about:blank; the code tells problems apart */
            type: string;
        };
        ProblemGroup: {
            code: string;
            /** Format: int64 */
            documents: number;
            examples: string[];
            message: string;
            /** @enum {string} */
            state: "waiting" | "held" | "delivered" | "collected" | "filtered" | "rejected" | "retry_at" | "unmapped" | "needs_decision" | "superseded" | "skipped";
        };
        Problems: {
            problems: components["schemas"]["FlowProblem"][];
        };
        PublishInputBody: {
            note?: string;
        };
        PullInputBody: {
            /** @description At most 200 document numbers of at most 100 characters */
            numbers: string[];
        };
        Purge: {
            /**
             * Format: int64
             * @description What they took, compressed
             */
            bytes: number;
            /** Format: int64 */
            calls: number;
            /**
             * Format: date-time
             * @description None while it goes on or where it was interrupted
             */
            endedAt?: string;
            /** Format: int64 */
            errands: number;
            /**
             * Format: int64
             * @description Old packs that something unfinished needs
             */
            needed: number;
            /**
             * Format: int64
             * @description Packs of payloads that were removed
             */
            packs: number;
            /** Format: int64 */
            pages: number;
            /** Format: int64 */
            posts: number;
            /** Format: date-time */
            startedAt: string | null;
        };
        Purged: {
            /** Format: date-time */
            at?: string;
            /** Format: int64 */
            days?: number;
            /** @enum {string} */
            rule?: "payloads" | "calls" | "posts" | "errands" | "pages";
        };
        Question: {
            acceptable: boolean;
            answer?: Json;
            /** @description The target was looked at */
            asked: boolean;
            /** Format: date-time */
            askedAt?: string;
            /** Format: int64 */
            attempt: number;
            code: string;
            connection: string;
            /** @description What the target holds under the key; none where it showed nothing */
            found?: Json;
            key: string;
            message: string;
            node: string;
            /** @description The other document that owns the key */
            owner?: components["schemas"]["KeyOwner"];
            /** Format: int64 */
            part: number;
            resource: string;
            sendable: boolean;
            /** @description The body on record; none where it was purged */
            sent?: Json;
            /** Format: date-time */
            sentAt?: string;
            /** @enum {string} */
            state: "pending" | "sending" | "done" | "rejected" | "retry_at" | "unknown" | "needs_decision";
            targetId?: string;
            targetNumber?: string;
        };
        QueueCount: {
            /** Format: int64 */
            documents: number;
            /** Format: int64 */
            rows: number;
        };
        QueueDelivery: {
            /** Format: int64 */
            attempt: number;
            code?: string;
            connection: string;
            key: string;
            message?: string;
            /** Format: date-time */
            nextAt?: string;
            node: string;
            /** Format: int64 */
            part: number;
            /**
             * Format: date-time
             * @description When the last call began
             */
            startedAt?: string;
            /** @enum {string} */
            state: "pending" | "sending" | "done" | "rejected" | "retry_at" | "unknown" | "needs_decision";
        };
        QueueEntry: {
            deliveries: components["schemas"]["QueueDelivery"][];
            /** @description Absent for a whole page */
            document?: string;
            /**
             * Format: int64
             * @description How many the entry is about
             */
            documents: number;
            /** Format: date-time */
            dueAt?: string;
            first: components["schemas"]["OrderAllowed"];
            id: string;
            key?: string;
            number?: string;
            retry: components["schemas"]["OrderAllowed"];
            /** @description Of a page: its deliveries by state */
            sent?: {
                [key: string]: number;
            };
            skip: components["schemas"]["OrderAllowed"];
            /** @enum {string} */
            state: "sending" | "waiting" | "unknown" | "retry_at" | "held";
            urgent: boolean;
            /**
             * Format: int64
             * @description How often a worker took it up
             */
            walks: number;
        };
        ReadingRun: {
            id: string;
        };
        ReadWindow: {
            /** Format: date-time */
            doneAt?: string;
            /** Format: date-time */
            from: string | null;
            run: string;
            /** Format: date-time */
            to: string | null;
        };
        ReconcileDifference: {
            source: string;
            target: string;
            title: string;
        };
        ReconcileField: {
            kind?: string;
            source: string;
            target: string;
            title: string;
        };
        ReconcileGroup: {
            source: components["schemas"]["ReconcileTotal"];
            target: components["schemas"]["ReconcileTotal"];
            values: string[];
        };
        ReconcileNode: {
            flow: string;
            node: string;
        };
        ReconcileSpec: {
            fields?: components["schemas"]["ReconcileField"][];
            groups?: components["schemas"]["ReconcileField"][];
            key: components["schemas"]["ReconcileField"];
            sums?: components["schemas"]["ReconcileField"][];
        };
        ReconcileTotal: {
            /** Format: int64 */
            count: number;
            sums: string[];
        };
        Reconciliation: {
            by: string;
            /**
             * Format: int64
             * @description How many days back from now are compared
             */
            days: number;
            id: string;
            /** @description The newest comparison */
            last?: components["schemas"]["ReconciliationRun"];
            /**
             * Format: int64
             * @description How many days more are read, for what the systems date differently
             */
            margin?: number;
            /** @description A cron text; without it comparisons are made by hand */
            schedule?: string;
            /** @description The source node whose documents have to arrive */
            source: components["schemas"]["ReconcileNode"];
            /** @description What is compared; values are texts of the value language over each side's records */
            spec: components["schemas"]["ReconcileSpec"];
            /** @description The source node of a flow that reads where they arrive */
            target: components["schemas"]["ReconcileNode"];
            title: string;
            /** Format: date-time */
            updatedAt?: string;
            /** Format: int64 */
            version: number;
            /** @description That of the schedule */
            zone?: string;
        };
        ReconciliationBody: {
            /**
             * Format: int64
             * @description How many days back from now are compared
             */
            days: number;
            /**
             * Format: int64
             * @description How many days more are read, for what the systems date differently
             */
            margin?: number;
            /** @description A cron text; without it comparisons are made by hand */
            schedule?: string;
            /** @description The source node whose documents have to arrive */
            source: components["schemas"]["ReconcileNode"];
            /** @description What is compared; values are texts of the value language over each side's records */
            spec: components["schemas"]["ReconcileSpec"];
            /** @description The source node of a flow that reads where they arrive */
            target: components["schemas"]["ReconcileNode"];
            title: string;
            /** @description That of the schedule */
            zone?: string;
        };
        ReconciliationChangeBody: {
            /**
             * Format: int64
             * @description How many days back from now are compared
             */
            days: number;
            /**
             * Format: int64
             * @description How many days more are read, for what the systems date differently
             */
            margin?: number;
            /** @description A cron text; without it comparisons are made by hand */
            schedule?: string;
            /** @description The source node whose documents have to arrive */
            source: components["schemas"]["ReconcileNode"];
            /** @description What is compared; values are texts of the value language over each side's records */
            spec: components["schemas"]["ReconcileSpec"];
            /** @description The source node of a flow that reads where they arrive */
            target: components["schemas"]["ReconcileNode"];
            title: string;
            /**
             * Format: int64
             * @description The one that was seen
             */
            version: number;
            /** @description That of the schedule */
            zone?: string;
        };
        ReconciliationDetail: {
            by: string;
            /**
             * Format: int64
             * @description How many days back from now are compared
             */
            days: number;
            id: string;
            /** @description The newest comparison */
            last?: components["schemas"]["ReconciliationRun"];
            /**
             * Format: int64
             * @description How many days more are read, for what the systems date differently
             */
            margin?: number;
            /** @description The newest comparisons */
            runs: components["schemas"]["ReconciliationRun"][];
            /** @description A cron text; without it comparisons are made by hand */
            schedule?: string;
            /** @description The source node whose documents have to arrive */
            source: components["schemas"]["ReconcileNode"];
            /** @description What is compared; values are texts of the value language over each side's records */
            spec: components["schemas"]["ReconcileSpec"];
            /** @description The source node of a flow that reads where they arrive */
            target: components["schemas"]["ReconcileNode"];
            title: string;
            /** Format: date-time */
            updatedAt?: string;
            /** Format: int64 */
            version: number;
            /** @description That of the schedule */
            zone?: string;
        };
        ReconciliationFinding: {
            /** Format: date-time */
            at?: string;
            differences?: components["schemas"]["ReconcileDifference"][];
            /** @description Its id in the ledger; absent where it was never read */
            document?: string;
            key: string;
            /** @enum {string} */
            kind: "missing" | "doubled" | "different" | "extra";
            /** Format: int64 */
            no: number;
            number: string;
            /** Format: int64 */
            source: number;
            state?: string;
            /** Format: int64 */
            target: number;
        };
        ReconciliationMissing: {
            /**
             * Format: int64
             * @description Never read: fetched by their numbers
             */
            fetch: number;
            /**
             * Format: int64
             * @description On their way, or changed since: nothing is done
             */
            moved: number;
            /**
             * Format: int64
             * @description Delivered and gone from the target: written again
             */
            restore: number;
            /**
             * Format: int64
             * @description Standing still: retried
             */
            retry: number;
        };
        ReconciliationRepaired: {
            /**
             * Format: int64
             * @description Never read: fetched by their numbers
             */
            fetch: number;
            jobs: string[];
            /**
             * Format: int64
             * @description On their way, or changed since: nothing is done
             */
            moved: number;
            /**
             * Format: int64
             * @description Delivered and gone from the target: written again
             */
            restore: number;
            /**
             * Format: int64
             * @description Standing still: retried
             */
            retry: number;
            runs: string[];
        };
        ReconciliationRun: {
            /** @description Who ordered it; absent for the schedule */
            by?: string;
            check: string;
            code?: string;
            counts: {
                [key: string]: number;
            };
            /** Format: date-time */
            endedAt?: string;
            /**
             * Format: int64
             * @description Those that the target does not hold and that the flow meant not to write
             */
            excused: number;
            /** Format: date-time */
            from?: string;
            groups: components["schemas"]["ReconcileGroup"][];
            id: string;
            message?: string;
            /** @description The records read so far, of the source and of the target */
            read: number[];
            /**
             * Format: date-time
             * @description When what is missing was ordered to be written
             */
            repairedAt?: string;
            /** Format: int64 */
            same: number;
            /** Format: int64 */
            source: number;
            /** Format: date-time */
            startedAt?: string;
            /** @enum {string} */
            state: "running" | "done" | "failed" | "cancelled";
            /** Format: int64 */
            target: number;
            /** Format: date-time */
            to?: string;
        };
        RequestPage: {
            /** Format: int64 */
            accepted: number;
            /** Format: date-time */
            at: string | null;
            /** Format: int64 */
            attempt: number;
            /** Format: int64 */
            dropped: number;
            /** Format: int64 */
            ignored: number;
            /** Format: int64 */
            no: number;
            node: string;
            /** Format: int64 */
            rows: number;
            /**
             * Format: int64
             * @description What the source said there is; absent where it did not
             */
            total?: number;
            /** Format: int64 */
            unchanged: number;
            window: string;
        };
        RequestWindow: {
            /** Format: int64 */
            attempt: number;
            /** Format: date-time */
            from?: string;
            id: string;
            /** @enum {string} */
            kind: "live" | "backfill" | "gap" | "numbers" | "handed";
            node: string;
            /**
             * Format: int64
             * @description Of this attempt
             */
            pages: number;
            /** Format: int64 */
            rows: number;
            /** @enum {string} */
            state: "open" | "done" | "split" | "left";
            /** Format: date-time */
            to?: string;
            /** Format: date-time */
            updatedAt: string | null;
        };
        ResendInputBody: {
            /** @description An edited body */
            body?: Json;
            /** @description The caller's word that the target does not hold what was sent */
            decided?: boolean;
            node: string;
            /** Format: int64 */
            part?: number;
            /**
             * Format: date-time
             * @description The updatedAt of the document that the caller saw: refused where it changed since
             */
            seen?: string;
        };
        Retention: {
            /** @description Whether that begins in a moment, because somebody asked for it */
            asked: boolean;
            /**
             * Format: int64
             * @description Calls to systems with their whole answers
             */
            calls: number;
            /**
             * Format: int64
             * @description Finished calls made after walks
             */
            errands: number;
            /**
             * Format: int64
             * @description Records of pages that were read
             */
            pages: number;
            /** @description What was removed lately, the newest first */
            passes: components["schemas"]["Purge"][];
            /**
             * Format: int64
             * @description What was read, composed and sent, with the answers for it
             */
            payloads: number;
            /**
             * Format: int64
             * @description Posted requests with their answers
             */
            posts: number;
            /** @description Whether old things are being removed now */
            running: boolean;
            /** Format: date-time */
            updatedAt?: string;
            updatedBy?: string;
            /**
             * Format: int64
             * @description What a change is told, so that nobody undoes another's
             */
            version: number;
        };
        RetentionDays: {
            /**
             * Format: int64
             * @description Calls to systems with their whole answers
             */
            calls: number;
            /**
             * Format: int64
             * @description Finished calls made after walks
             */
            errands: number;
            /**
             * Format: int64
             * @description Records of pages that were read
             */
            pages: number;
            /**
             * Format: int64
             * @description What was read, composed and sent, with the answers for it
             */
            payloads: number;
            /**
             * Format: int64
             * @description Posted requests with their answers
             */
            posts: number;
            /**
             * Format: int64
             * @description What a change is told, so that nobody undoes another's
             */
            version: number;
        };
        RetentionEstimate: {
            /** Format: int64 */
            calls: number;
            /** Format: int64 */
            errands: number;
            /**
             * Format: int64
             * @description Up to where is counted
             */
            most: number;
            /** Format: int64 */
            pages: number;
            /**
             * Format: int64
             * @description Packs of payloads
             */
            payloads: number;
            /** Format: int64 */
            posts: number;
        };
        RetryInputBody: {
            /**
             * Format: date-time
             * @description The updatedAt of the document that was edited: refused where it changed since
             */
            seen?: string;
            /** @description An edited payload */
            source?: Json;
            /**
             * @description The flow version to walk with; published unless told otherwise
             * @enum {string}
             */
            version?: "published" | "pinned";
        };
        Revision: {
            actor?: string;
            /** Format: date-time */
            at: string | null;
            origin: string;
            /** Format: int64 */
            rev: number;
            /** @enum {string} */
            state: "waiting" | "claimed" | "held" | "delivered" | "collected" | "filtered" | "rejected" | "retry_at" | "unmapped" | "needs_decision" | "superseded" | "skipped" | "ignored";
        };
        RollbackInputBody: Record<string, never>;
        RotateInputBody: {
            /**
             * Format: int64
             * @description How long the secrets before it stay good
             */
            keepSeconds?: number;
        };
        Run: {
            balanced: boolean;
            /** @description The sources wait: so many documents are on their way to the targets that no more are read */
            behind?: boolean;
            code?: string;
            /** @description By slot; pulled = dropped + unchanged + ignored + accepted, accepted = the sum of the states; found is a part of accepted */
            counts: {
                [key: string]: number;
            };
            /** Format: date-time */
            endedAt?: string;
            flow: string;
            flowPaused?: boolean;
            flowTitle: string;
            id: string;
            message?: string;
            /** @description Those of the numbers that no source had, known when pulling is over */
            missing?: string[];
            /** @description By node: in, and port:<name> for what left through a port */
            nodes: {
                [key: string]: {
                    [key: string]: number;
                };
            };
            /** @description The documents that the run fetches by number; absent where it reads what changed */
            numbers?: string[];
            /** @description Nothing more is taken up for it until it, or its flow, is resumed */
            paused?: boolean;
            /** @description Who paused the run itself */
            pausedBy?: string;
            problems: components["schemas"]["ProblemGroup"][];
            /** @description The sources are still being read */
            pulling: boolean;
            /** Format: date-time */
            startedAt?: string;
            /** @enum {string} */
            state: "queued" | "running" | "done" | "failed" | "cancelled";
            trigger: string;
            /** Format: int64 */
            version: number;
        };
        RunID: {
            id: string;
        };
        RunOrders: {
            cancel: components["schemas"]["OrderAllowed"];
            pause: components["schemas"]["OrderAllowed"];
            resume: components["schemas"]["OrderAllowed"];
        };
        SampleFacts: {
            /** @description A mark of the settings that the sample was taken with, of the caller's making */
            basis?: string;
            /**
             * Format: int64
             * @description The index of the document that tests use
             */
            chosen: number;
            /** @description Documents as the ledger would store them */
            items: Json[];
            /** @enum {string} */
            origin: "taken" | "numbers" | "posted" | "edited";
            /** @description What the system was asked */
            request?: Json;
            /**
             * Format: int64
             * @description How many the system has, -1 where it does not tell
             */
            total: number;
        };
        SampleInputBody: {
            /** Format: int64 */
            count?: number;
            /** @description The document on the screen; the saved draft when it is left out */
            document?: Json;
            node: string;
            /** @description Only the documents with these numbers, whatever their time */
            numbers?: string[];
            /** @description What would be posted to a webhook node, JSON: its documents are the sample then */
            posted?: string;
        };
        SaveDerivedInputBody: {
            body: Json;
            /**
             * Format: int64
             * @description The one that was read
             */
            version: number;
        };
        SavedLook: {
            /** @description The caller may change and delete it */
            changeable: boolean;
            /** @description Paths of the source payload that are shown as columns, in their order */
            columns: string[];
            filter: components["schemas"]["DocumentFilter"];
            id: string;
            /** @description Who made it */
            maker: string;
            /** @description The caller made it */
            mine: boolean;
            name: string;
            /**
             * @description Stands for the filter's times: of days in the zone of whoever looks, the week and the month with this day
             * @enum {string}
             */
            period?: "today" | "yesterday" | "week" | "month";
            /** @description Everybody of the workspace sees it */
            shared: boolean;
            /** Format: date-time */
            updatedAt: string | null;
            /** Format: int64 */
            version: number;
        };
        SaveInputBody: {
            document: Json;
        };
        Script: {
            problems: components["schemas"]["ScriptProblem"][];
        };
        ScriptInputBody: {
            source: string;
        };
        ScriptProblem: {
            code: string;
            /** Format: int64 */
            column: number;
            /** Format: int64 */
            line: number;
            message: string;
        };
        Session: {
            user: components["schemas"]["User"];
            /** @description The program's version */
            version: string;
            workspace: components["schemas"]["Workspace"];
        };
        SetupInputBody: {
            language?: string;
            name: string;
            password: string;
            token: string;
        };
        Sheet: {
            /**
             * Format: int64
             * @description Revisions that were read since and wait
             */
            newer: number;
            questions: components["schemas"]["Question"][];
            /**
             * Format: date-time
             * @description That of the document; an answer tells it as seen
             */
            updatedAt: string | null;
        };
        ShippedLook: {
            /** @description Paths of the source payload that are shown as columns, in their order */
            columns: string[];
            filter: components["schemas"]["DocumentFilter"];
            /** @enum {string} */
            id: "needs_me" | "failed_today" | "needs_decision" | "delivered_today" | "waiting";
            /**
             * @description Stands for the filter's times: of days in the zone of whoever looks, the week and the month with this day
             * @enum {string}
             */
            period?: "today" | "yesterday" | "week" | "month";
        };
        SketchInputBody: {
            /** Format: int64 */
            count?: number;
            document: Json;
            node: string;
        };
        SkipInputBody: {
            note?: string;
        };
        SourceLag: {
            /**
             * Format: int64
             * @description How far the cursor is behind the source's clock
             */
            behindSeconds: number;
            /** Format: date-time */
            cursor: string | null;
            node: string;
        };
        SourceReading: {
            /**
             * Format: int64
             * @description How far the source's clock is ahead of ours
             */
            aheadSeconds: number;
            /** @description Whether it selects by time; without it every run reads everything, and there is nothing else to tell */
            byTime: boolean;
            /**
             * @description own: the source lives in a time of its own, such as a simulation
             * @enum {string}
             */
            clock: "unknown" | "right" | "apart" | "wrong" | "own";
            /**
             * Format: date-time
             * @description When that was measured
             */
            clockAt?: string;
            connection: string;
            /**
             * Format: date-time
             * @description Where what was read begins
             */
            coveredFrom?: string;
            /**
             * Format: date-time
             * @description Up to where everything was read; absent before the first run
             */
            cursor?: string;
            /** @description The live window that ended last */
            last?: components["schemas"]["ReadWindow"];
            node: string;
            /** @description A live window that was begun and not read to its end */
            open?: components["schemas"]["ReadWindow"];
            operation: string;
            /** @description The newest sweeps and ranges of the past */
            past: components["schemas"]["PastReading"][];
            /** @description The newest resets of the cursor */
            resets: components["schemas"]["CursorReset"][];
            /** Format: date-time */
            startFrom?: string;
            sweep?: components["schemas"]["SourceSweep"];
            title: string;
            /** @description The zone in which the source tells the time */
            zone: string;
        };
        SourceReadings: {
            /** @description Why nothing can be told of them */
            code?: string;
            items: components["schemas"]["SourceReading"][];
            message?: string;
        };
        SourceSweep: {
            /** Format: int64 */
            lookBackSeconds: number;
            /** Format: date-time */
            next?: string;
            /** @description Empty where only people start it */
            schedule: string;
            /**
             * Format: int64
             * @description A longer look-back to think of, where the last sweeps found something
             */
            widerSeconds?: number;
        };
        StartInputBody: {
            /**
             * Format: int64
             * @description How many documents; 20 when it is left out
             */
            count?: number;
            /** @description The document on the screen, in place of the saved draft */
            document?: Json;
            /**
             * Format: date-time
             * @description Where the range begins; it is looked back from now when it is left out
             */
            from?: string;
            /** @description The source; the first when it is left out */
            node?: string;
            /** @description Documents by their numbers, in place of a range */
            numbers?: string[];
            /** Format: date-time */
            to?: string;
            /**
             * @description What is tried; the draft when it is left out
             * @enum {string}
             */
            version?: "draft" | "published";
        };
        SweepInputBody: Record<string, never>;
        TableChoice: {
            /** @description The name to make it under, or that of the table to use */
            name?: string;
            /** @description Use the workspace's own table as it is */
            reuse?: boolean;
        };
        Template: {
            author: string;
            /** @description Why it can't be copied */
            fault?: components["schemas"]["TemplateFault"];
            /** Format: int64 */
            flows: number;
            id: string;
            /** @description It came as a package */
            imported: boolean;
            industry: components["schemas"]["FieldText"];
            /** @description The id of the key that signed it */
            key?: string;
            licence: string;
            needs: components["schemas"]["TemplateNeed"][];
            /** @enum {string} */
            origin: "built-in" | "workspace";
            /**
             * Format: date-time
             * @description When it was published or imported here
             */
            publishedAt?: string;
            /** @description Who published or imported it; empty for built-in */
            publishedBy: string;
            /** @description Whose key signed it, where the key is trusted here; empty else */
            signer: string;
            /**
             * @description How far it can be trusted; loose: people of this workspace published it
             * @enum {string}
             */
            status: "core" | "signed" | "community" | "unsigned" | "modified" | "revoked" | "loose";
            summary: components["schemas"]["FieldText"];
            /** @description The connectors, in the order of the slots */
            systems: string[];
            title: components["schemas"]["FieldText"];
            version: string;
        };
        TemplateChange: {
            text: components["schemas"]["FieldText"];
            version: string;
        };
        TemplateDetail: {
            author: string;
            changelog: components["schemas"]["TemplateChange"][];
            codeTables: components["schemas"]["TemplateTable"][];
            connections: components["schemas"]["TemplateSlot"][];
            /** @description Markdown */
            docs: components["schemas"]["FieldText"];
            /** @description The flows, without accounts */
            documents: Json[];
            /** @description Why it can't be copied */
            fault?: components["schemas"]["TemplateFault"];
            /** Format: int64 */
            flows: number;
            flowSlots: components["schemas"]["TemplateFlowSlot"][];
            id: string;
            /** @description It came as a package */
            imported: boolean;
            industry: components["schemas"]["FieldText"];
            /** @description The id of the key that signed it */
            key?: string;
            licence: string;
            needs: components["schemas"]["TemplateNeed"][];
            /** @enum {string} */
            origin: "built-in" | "workspace";
            params: components["schemas"]["TemplateParam"][];
            /**
             * Format: date-time
             * @description When it was published or imported here
             */
            publishedAt?: string;
            /** @description Who published or imported it; empty for built-in */
            publishedBy: string;
            samples: components["schemas"]["TemplateSample"][];
            /** @description Whose key signed it, where the key is trusted here; empty else */
            signer: string;
            /**
             * @description How far it can be trusted; loose: people of this workspace published it
             * @enum {string}
             */
            status: "core" | "signed" | "community" | "unsigned" | "modified" | "revoked" | "loose";
            summary: components["schemas"]["FieldText"];
            /** @description The connectors, in the order of the slots */
            systems: string[];
            title: components["schemas"]["FieldText"];
            version: string;
            /** @description Those that are there, the newest first */
            versions: string[];
        };
        TemplateDraft: {
            /** @description What stands against publishing it */
            problems: components["schemas"]["TemplateFault"][];
            /** @description Places that look like credentials, which stand against it too */
            secrets: components["schemas"]["TemplateSecret"][];
            template: components["schemas"]["TemplateDetail"];
        };
        TemplateFault: {
            code: string;
            hint: string;
            message: string;
            path: string;
        };
        TemplateFlowSlot: {
            alias: string;
            help: components["schemas"]["FieldText"];
            object?: string;
            slot?: string;
            title: components["schemas"]["FieldText"];
        };
        TemplateInspection: {
            /** @description Exactly this package is there already */
            here: boolean;
            /** @description What an administrator has to allow for it to be imported */
            objections: components["schemas"]["TemplateFault"][];
            /** @description What stands against importing it whatever is allowed */
            problems: components["schemas"]["TemplateFault"][];
            /** @description Names exactly this content; an import is told it */
            sum: string;
            template: components["schemas"]["TemplateDetail"];
        };
        TemplateNeed: {
            connector: string;
            fits: boolean;
            /** @description The version that serves; empty where it is not installed */
            installed: string;
            /** @description The range that the template wants; empty is any */
            versions: string;
        };
        TemplateParam: {
            /** @description A text or boolean; a number is given as text with all its digits */
            default?: Json;
            help: components["schemas"]["FieldText"];
            key: string;
            required: boolean;
            title: components["schemas"]["FieldText"];
            /** @enum {string} */
            type: "string" | "int" | "decimal" | "bool" | "date" | "datetime";
        };
        TemplateRegistry: {
            /** @description Where it is; empty where none is set up */
            from: string;
            items: components["schemas"]["ListedTemplate"][];
        };
        TemplateSample: {
            /** @description What the flows make of it */
            expected: Json;
            /** @description What the systems hold */
            given: Json;
            title: components["schemas"]["FieldText"];
        };
        TemplateSampleInput: {
            /** @description What the flows make of it */
            expected: Json;
            /** @description What the systems hold: invented documents, never real ones */
            given: Json;
            title?: components["schemas"]["FieldText"];
        };
        TemplateSecret: {
            path: string;
            reason: string;
        };
        TemplateSlot: {
            connector: string;
            help: components["schemas"]["FieldText"];
            slot: string;
            title: components["schemas"]["FieldText"];
            versions: string;
        };
        TemplateSlotWords: {
            help?: components["schemas"]["FieldText"];
            title?: components["schemas"]["FieldText"];
        };
        TemplateTable: {
            help: components["schemas"]["FieldText"];
            name: string;
            /** Format: int64 */
            rows: number;
            /** @description Whether the workspace has a table of the name */
            taken: boolean;
            title: components["schemas"]["FieldText"];
        };
        TemplateTableRows: {
            /** @description Take its rows along */
            rows?: boolean;
        };
        TemplateWords: {
            /** @description The workspace's name where it is left out */
            author?: string;
            /** @description What is new in this version */
            changelog?: components["schemas"]["FieldText"];
            /** @description By the names of code tables */
            codeTables?: {
                [key: string]: components["schemas"]["TemplateTableRows"];
            };
            /** @description Markdown */
            docs?: components["schemas"]["FieldText"];
            /** @description Ids of saved flows */
            flows: string[];
            /** @description Small letters, digits and hyphens */
            id?: string;
            industry?: components["schemas"]["FieldText"];
            /** @description An SPDX name */
            licence?: string;
            samples?: components["schemas"]["TemplateSampleInput"][];
            /** @description By slots of connections and aliases of flow slots */
            slots?: {
                [key: string]: components["schemas"]["TemplateSlotWords"];
            };
            summary?: components["schemas"]["FieldText"];
            /** @description Take the flows' own tests along; the documents in them may be real ones */
            tests?: boolean;
            title?: components["schemas"]["FieldText"];
            /** @description Three numbers, higher than those that are there; the next one where it is left out */
            version?: string;
        };
        TestInputBody: {
            /** @description The document on the screen; the saved draft when it is left out */
            document?: Json;
            node: string;
            sample: Json;
        };
        Times: {
            times: string[];
        };
        Token: {
            /** Format: date-time */
            createdAt: string | null;
            /** Format: date-time */
            expiresAt?: string;
            id: string;
            /** Format: date-time */
            lastUsedAt?: string;
            name: string;
            /** @enum {string} */
            role: "viewer" | "operator" | "editor" | "admin";
        };
        TokenInputBody: {
            /** Format: date-time */
            expiresAt?: string;
            name: string;
            /** @enum {string} */
            role: "viewer" | "operator" | "editor" | "admin";
        };
        Traffic: {
            /**
             * Format: int64
             * @description So many calls of the connection each engine process has under way at a time; 0 where its connector is missing
             */
            atOnce: number;
            /** @description Set while no calls are made because the system does not answer */
            interrupted?: components["schemas"]["Interrupted"];
            /**
             * Format: int64
             * @description How much of the limits is used at present, in percent: the vendor may have asked for fewer calls
             */
            level: number;
            /** @description The vendor's limits and how they stand; all connections that the vendor counts together share them */
            limits: components["schemas"]["Limit"][];
            /**
             * Format: date-time
             * @description When calls begin again, because the vendor asked for a pause
             */
            pausedUntil?: string;
            /**
             * Format: date-time
             * @description When the vendor last asked for fewer calls
             */
            refusedAt?: string;
            /** @description The code it did so with */
            refusedCode?: string;
        };
        TrialNode: {
            fault?: components["schemas"]["Fault"];
            id: string;
            outputs: components["schemas"]["TrialOutput"][];
        };
        TrialOutput: {
            body: Json;
            port: string;
        };
        TrialRefused: {
            fault: components["schemas"]["Fault"];
            /** Format: int64 */
            item: number;
        };
        TrialRequest: {
            body: Json;
            connection: string;
            keys: string[];
            mode: string;
            node: string;
            operation: string;
        };
        TrialSampled: {
            discovered?: components["schemas"]["FieldsKnown"][];
            /** Format: int64 */
            dropped?: number;
            /** Format: date-time */
            from?: string;
            items: Json[];
            refused?: components["schemas"]["TrialRefused"][];
            request?: Json;
            /** Format: date-time */
            to?: string;
            /** Format: int64 */
            total: number;
        };
        TrialTested: {
            nodes: components["schemas"]["TrialNode"][];
            requests: components["schemas"]["TrialRequest"][];
        };
        Trouble: {
            code: string;
            hint?: string;
            message: string;
            /** Format: date-time */
            since: string | null;
        };
        TryInputBody: {
            /** @description What is posted, as it is */
            body: string;
            /** @default application/json */
            contentType: string;
        };
        UndecidedDoc: {
            id: string;
            key: string;
            number: string;
            /** Format: date-time */
            since: string | null;
            target: string;
        };
        Use: {
            flow?: string;
        };
        User: {
            id: string;
            language: string;
            name: string;
            /** @enum {string} */
            role: "viewer" | "operator" | "editor" | "admin";
        };
        ValidateInputBody: {
            document: Json;
        };
        VersionDocument: {
            author: string;
            /** Format: date-time */
            createdAt: string | null;
            document: Json;
            hash: string;
            /** Format: int64 */
            no: number;
            note: string;
        };
        ViewBody: {
            columns?: string[];
            filter: components["schemas"]["DocumentFilter"];
            name: string;
            /** @enum {string} */
            period?: "today" | "yesterday" | "week" | "month";
            shared?: boolean;
        };
        ViewInputBody: {
            columns?: string[];
            filter: components["schemas"]["DocumentFilter"];
            name: string;
            /** @enum {string} */
            period?: "today" | "yesterday" | "week" | "month";
            shared?: boolean;
            /**
             * Format: int64
             * @description The version that was changed
             */
            version: number;
        };
        ViewsAnswer: {
            /** @description The id of the view that the caller's ledger opens with, empty where there is none */
            choice: string;
            items: components["schemas"]["SavedLook"][];
            /** @description Views that are always there; whoever shows one says its name */
            shipped: components["schemas"]["ShippedLook"][];
        };
        WalkInputBody: {
            /** @description The document on the screen; the saved draft when it is left out */
            document?: Json;
            /** @description Where the record starts: a source, or a node that it is to arrive at */
            node: string;
            sample: Json;
            /** @description The node that the walk ends at; it goes on to the targets when it is left out */
            until?: string;
        };
        Why: {
            name: string;
            /** @enum {string} */
            step: "read" | "lookup" | "expression" | "text" | "table" | "format" | "type" | "parser";
            /** @description What came of the step; missing for nothing */
            value?: Json;
        };
        WorkInputBody: {
            answers?: components["schemas"]["ImportAnswers"];
            /**
             * @description Found out where it is left out
             * @enum {string}
             */
            format?: "karez" | "qeasy" | "table";
            /** @description A field table as it stands in an article, a scheme as JSON, or flow documents; at most 1 MiB */
            text: string;
        };
        Workspace: {
            id: string;
            name: string;
        };
        WritesCounts: {
            held: components["schemas"]["QueueCount"];
            /** @description Due later, what is to be found out included */
            retryAt: components["schemas"]["QueueCount"];
            sending: components["schemas"]["QueueCount"];
            waiting: components["schemas"]["QueueCount"];
        };
        WrittenCall: {
            code?: string;
            connection: string;
            /**
             * Format: date-time
             * @description Absent while it is under way, or where no answer came
             */
            endedAt?: string;
            id: string;
            /** @enum {string} */
            kind: "send" | "probe";
            node?: string;
            operation: string;
            /** Format: int64 */
            rows: number;
            /** Format: date-time */
            startedAt: string | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listBulkJobs: {
        parameters: {
            query?: {
                /** @description The cursor that the page before gave as next */
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListBulkJob"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    startBulkJob: {
        parameters: {
            query?: never;
            header?: {
                /** @description Orders of the same key are carried out once: a client that heard no answer may send its order again. A key is remembered for a week. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkOrder"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkJob"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getBulkJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkJob"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelBulkJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["IDOrderBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkJob"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    watchBulkJob: {
        parameters: {
            query?: never;
            header?: {
                "Last-Event-ID"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Each data line is {seq,type,at,data}; the id line is seq */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pauseBulkJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["IDOrderBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkJob"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listBulkRefusals: {
        parameters: {
            query?: {
                /** @description The cursor that the page before gave as next */
                after?: string;
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListBulkRefusal"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resumeBulkJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["IDOrderBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkJob"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    previewBulkJob: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkOrder"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkPreview"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listConnectors: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListConnector"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getOperation: {
        parameters: {
            query?: {
                /** @description The newest when it is left out; 1.2 is any 1.2.x */
                version?: string;
            };
            header?: never;
            path: {
                id: string;
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CatalogOperation"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listNodeTypes: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListDeclaration"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listCodeTables: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListCodeTable"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createCodeTable: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CodeTableInputBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CodeTable"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getCodeTable: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CodeTable"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    renameCodeTable: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CodeTableTitleInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CodeTable"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteCodeTable: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportCodeTable: {
        parameters: {
            query?: {
                format?: "xlsx" | "csv";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    "Content-Disposition"?: string;
                    "Content-Type"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    importCodeFile: {
        parameters: {
            query?: {
                /** @description Take rows out that the file does not have */
                replace?: boolean;
                /** @description The sheet of a workbook; the first when it is left out */
                sheet?: string;
                /** @description That of the table for which the preview was made; the import is refused when the table has another one */
                version?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CodeFile"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    previewCodeFile: {
        parameters: {
            query?: {
                /** @description Take rows out that the file does not have */
                replace?: boolean;
                /** @description The sheet of a workbook; the first when it is left out */
                sheet?: string;
                /** @description That of the table for which the preview was made; the import is refused when the table has another one */
                version?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CodeFile"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listMissingCodesOf: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MissingCodes"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listCodeRows: {
        parameters: {
            query?: {
                /** @description The cursor that the page before gave as next */
                after?: string;
                limit?: number;
                /** @description Stands in a source, a target or a note */
                search?: string;
                /** @description Only rows whose target several sources have */
                shared?: boolean;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListCodeRow"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putCodeRows: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CodeRowsInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CodeChanges"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteCodeRows: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CodeSourcesInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CodeChanges"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listMissingCodes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MissingCodes"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listConnections: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListConnection"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createConnection: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NamedChange"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Connection"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getConnection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Connection"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeConnection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConnectionChange"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Connection"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteConnection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listBaseData: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListBaseSet"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    makeBaseData: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MakeBaseSetInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListMadeBaseSet"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    checkConnection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["CheckInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Check"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    discoverFields: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DiscoverInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Discovered"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setLimit: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LimitInputBody"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resumeConnection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTraffic: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Traffic"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    checkUnsaved: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NamedChange"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Check"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDocuments: {
        parameters: {
            query?: {
                /** @description The cursor that the page before gave as next */
                after?: string;
                /** @description Begin with the newest that runs read which were due then or before; previous leads to what is newer */
                at?: string;
                /** @description Only what stands still, and in a list also documents of which a call after a walk fails */
                attention?: boolean;
                /** @description The cursor that the page after gave as previous */
                before?: string;
                code?: string;
                /** @description Paths of the source payload, for example items.sku_id: each document comes with its values */
                fields?: string[] | null;
                flow?: string;
                limit?: number;
                node?: string;
                /** @description A number, a key or a target's number, or how one begins, or a document's id */
                number?: string;
                run?: string;
                /** @description One or several states, separated by commas */
                state?: string;
                /** @description What changed last at this time or later */
                updatedFrom?: string;
                /** @description What changed last before this time */
                updatedTo?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DocumentPage"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDocument: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DocumentDetail"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    acceptDelivery: {
        parameters: {
            query?: never;
            header?: {
                /** @description Orders of the same key are carried out once: a client that heard no answer may send its order again. A key is remembered for a week. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AcceptInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DocumentDetail"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAttempts: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListAttempt"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getAttemptContent: {
        parameters: {
            query?: {
                /** @description request, response or answer */
                content?: string;
            };
            header?: never;
            path: {
                id: string;
                no: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AttemptContent"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    downloadAttemptContent: {
        parameters: {
            query?: {
                /** @description request, response or answer */
                content?: string;
            };
            header?: never;
            path: {
                id: string;
                no: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The bytes */
            200: {
                headers: {
                    "Content-Disposition"?: string;
                    "Content-Type"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDecisions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sheet"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ejectDocument: {
        parameters: {
            query?: never;
            header?: {
                /** @description Orders of the same key are carried out once: a client that heard no answer may send its order again. A key is remembered for a week. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EjectInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DocumentDetail"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listErrands: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListErrand"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDocumentHistory: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListEvent"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDocumentChange: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                no: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Change"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getLineage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Lineage"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resendDocument: {
        parameters: {
            query?: never;
            header?: {
                /** @description Orders of the same key are carried out once: a client that heard no answer may send its order again. A key is remembered for a week. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResendInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DocumentDetail"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retryDocument: {
        parameters: {
            query?: never;
            header?: {
                /** @description Orders of the same key are carried out once: a client that heard no answer may send its order again. A key is remembered for a week. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RetryInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DocumentDetail"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    skipDocument: {
        parameters: {
            query?: never;
            header?: {
                /** @description Orders of the same key are carried out once: a client that heard no answer may send its order again. A key is remembered for a week. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SkipInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DocumentDetail"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportDocuments: {
        parameters: {
            query?: {
                /** @description Only what stands still, and in a list also documents of which a call after a walk fails */
                attention?: boolean;
                code?: string;
                /** @description Paths of the source payload, which are columns behind the others */
                fields?: string[] | null;
                flow?: string;
                format?: "xlsx" | "csv";
                node?: string;
                /** @description A number, a key or a target's number, or how one begins, or a document's id */
                number?: string;
                run?: string;
                /** @description One or several states, separated by commas */
                state?: string;
                /** @description The IANA name of the zone that times are written in */
                timeZone?: string;
                /** @description What changed last at this time or later */
                updatedFrom?: string;
                /** @description What changed last before this time */
                updatedTo?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    countDocuments: {
        parameters: {
            query?: {
                flow?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Facets"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDryRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DryRun"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelDryRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["CancelInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DryRun"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDryDocuments: {
        parameters: {
            query?: {
                /** @description The cursor that the page before gave as next */
                after?: string;
                limit?: number;
                verdict?: "create" | "update" | "skip" | "reject" | "decide" | "filtered" | "unmapped" | "unknown";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListDryDocument"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportDryRun: {
        parameters: {
            query?: {
                format?: "xlsx" | "csv";
                verdict?: "create" | "update" | "skip" | "reject" | "decide" | "filtered" | "unmapped" | "unknown";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    "Content-Disposition"?: string;
                    "Content-Type"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retryErrand: {
        parameters: {
            query?: never;
            header?: {
                /** @description Orders of the same key are carried out once: a client that heard no answer may send its order again. A key is remembered for a week. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MendInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Errand"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    skipErrand: {
        parameters: {
            query?: never;
            header?: {
                /** @description Orders of the same key are carried out once: a client that heard no answer may send its order again. A key is remembered for a week. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MendInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Errand"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    watchWorkspace: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Each data line is {seq,type,at,data}; the id line is seq */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listFiles: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListFile"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    uploadFile: {
        parameters: {
            query: {
                /** @description What flows name it by */
                name: string;
                /** @description Give the file of this name the new content */
                replace?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["File"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    downloadFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    previewFile: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PreviewInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Preview"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listFlows: {
        parameters: {
            query?: {
                /** @description The cursor that the page before gave as next */
                after?: string;
                limit?: number;
                /** @description Part of a title, a name or an id */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListFlowSummary"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createFlow: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateInputBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Flow"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getFlow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Flow"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    saveFlow: {
        parameters: {
            query?: never;
            header: {
                /** @description The etag that the draft was read with */
                "If-Match": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SaveInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Flow"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteFlow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listColumns: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListLedgerColumn"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    copyFlow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CopyInputBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Flow"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    diffVersions: {
        parameters: {
            query: {
                /** @description The number of a version, draft, or nothing for a flow without nodes */
                from: string;
                /** @description The number of a version, or draft */
                to?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Diff"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    disableFlow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["DisableInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Flow"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDryRuns: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListDryRun"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    startDryRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StartInputBody"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DryRun"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    enableFlow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["IDOrderBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Flow"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    explainMapping: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TestInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListExplained"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportFlow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    downloadMappingDocument: {
        parameters: {
            query?: {
                format?: "xlsx" | "md";
                /** @description That of the request where it is left out */
                lang?: "zh-CN" | "en";
                /** @description The number of a version, or draft; the newest version where it is left out */
                version?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getFlowOverview: {
        parameters: {
            query?: {
                /** @description 24h, 7d or 30d */
                span?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FlowOverview"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listPageRequests: {
        parameters: {
            query?: {
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageRequestList"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getPageRequest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                request: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageRequestContent"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pauseFlow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PauseInputBody"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    publishFlow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PublishInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Flow"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pullNumbers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PullInputBody"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunID"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getFlowRequests: {
        parameters: {
            query?: {
                /** @description A run of the flow; without it the one that reads, or read last */
                run?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FlowRequests"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resumeFlow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["IDOrderBody"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rollBackFlow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FlowRollbackInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Flow"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    startRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["IDOrderBody"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunID"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sampleSource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SampleInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrialSampled"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSamples: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListPinnedSample"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pinSample: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                node: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SampleFacts"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PinnedSample"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeSample: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                node: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    chooseSample: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                node: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChooseInputBody"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSources: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SourceReadings"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    backfillSource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                node: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BackfillInputBody"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReadingRun"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    estimateBackfill: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                node: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BackfillInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BackfillEstimate"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resetCursor: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                node: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CursorResetInputBody"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    previewCursor: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                node: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CursorPreviewInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CursorPreview"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sweepSource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                node: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["SweepInputBody"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReadingRun"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    testFlow: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WalkInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrialTested"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runTests: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CasesInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Cases"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listVersions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FlowHistory"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getVersion: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                no: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VersionDocument"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The flow */
                id: string;
                /** @description The webhook node */
                node: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hook"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The flow */
                id: string;
                /** @description The webhook node */
                node: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RotateInputBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HookCredential"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    testWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The flow */
                id: string;
                /** @description The webhook node */
                node: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TryInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HookReply"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listFlowWrites: {
        parameters: {
            query?: {
                /** @description The cursor that the page before gave as next */
                after?: string;
                limit?: number;
                /** @description sending, waiting, unknown, retry_at or held; all but held without it */
                state?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FlowWrites"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putWriteFirst: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                no: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["FirstInputBody"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    compareFlows: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CompareFlowsInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Diff"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    importFlows: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WorkInputBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportMade"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    previewImport: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WorkInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportPreview"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sampleUnsaved: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SketchInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrialSampled"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    validateFlow: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ValidateInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problems"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listHelp: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListHelpTitle"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getHelp: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of a page */
                page: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HelpPage"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getHome: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Home"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    logIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LoginInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    logOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: {
                karez_session?: string;
            };
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["CookieInputBody"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDerivedOperations: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListDerived"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createDerivedOperation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DerivedInputBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Derived"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDerivedOperation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Derived"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    saveDerivedOperation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SaveDerivedInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Derived"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteDerivedOperation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    draftDerivedOperation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DraftDerivedInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DerivedDraft"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    draftDerivedOperations: {
        parameters: {
            query: {
                connector: string;
                /** @description The sheet of a workbook; the first when it is left out */
                sheet?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListDerivedDraft"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listPausedFlows: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListPausedFlow"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listPlugins: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListPlugin"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    installPlugin: {
        parameters: {
            query?: {
                /** @description Allow a version older than the installed ones */
                downgrade?: boolean;
                /** @description Let the active version serve on */
                inactive?: boolean;
                /** @description That of the package which was looked at: another one is refused */
                sum?: string;
                /** @description Allow exactly this package though nobody vouches for it */
                unsigned?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plugin"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    activatePlugin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ActivateInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plugin"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pinPlugin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PinInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plugin"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rollbackPlugin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RollbackInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plugin"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removePlugin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                version: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    comparePlugin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                version: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginEffect"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getPluginIcon: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                version: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The icon */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/*": string;
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listPluginPages: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
                version: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListPluginPage"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    inspectPlugin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginInspection"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getReconciliationRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReconciliationRun"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelReconciliationRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["IDOrderBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReconciliationRun"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listReconciliationFindings: {
        parameters: {
            query?: {
                /** @description The cursor that the page before gave as next */
                after?: string;
                kind?: "missing" | "doubled" | "different" | "extra";
                limit?: number;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListReconciliationFinding"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    planReconciliationRepair: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReconciliationMissing"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    repairReconciliation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["IDOrderBody"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReconciliationRepaired"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listReconciliations: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListReconciliation"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createReconciliation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReconciliationBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reconciliation"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getReconciliation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReconciliationDetail"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    saveReconciliation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReconciliationChangeBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Reconciliation"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteReconciliation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runReconciliation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["IDOrderBody"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReconciliationRun"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRetention: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Retention"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setRetention: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RetentionDays"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Retention"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    estimateRetention: {
        parameters: {
            query?: {
                calls?: number;
                errands?: number;
                pages?: number;
                payloads?: number;
                posts?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RetentionEstimate"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    purgeNow: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRuns: {
        parameters: {
            query?: {
                /** @description The cursor that the page before gave as next */
                after?: string;
                flow?: string;
                limit?: number;
                /** @description One or several states, separated by commas */
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListRun"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["IDOrderBody"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    watchRun: {
        parameters: {
            query?: never;
            header?: {
                "Last-Event-ID"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Each data line is {seq,type,at,data}; the id line is seq */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pauseRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PauseInputBody"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resumeRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["IDOrderBody"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    nextFirings: {
        parameters: {
            query: {
                cron: string;
                timezone?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Times"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    checkScript: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ScriptInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Script"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setUp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetupInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTemplates: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListTemplate"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    publishTemplate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TemplateWords"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TemplateDetail"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTemplate: {
        parameters: {
            query?: {
                /** @description The newest where it is left out */
                version?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TemplateDetail"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteTemplate: {
        parameters: {
            query?: {
                /** @description That one alone; all of them where it is left out */
                version?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    copyTemplate: {
        parameters: {
            query?: {
                /** @description The newest where it is left out */
                version?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CopyTemplateInputBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CopiedTemplate"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    downloadTemplate: {
        parameters: {
            query?: {
                /** @description The newest where it is left out */
                version?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The package */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    draftTemplate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TemplateWords"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TemplateDraft"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    importTemplate: {
        parameters: {
            query?: {
                /** @description That of the package which was looked at: another one is refused */
                sum?: string;
                /** @description Allow exactly this package though nobody vouches for it; administrators may */
                unsigned?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TemplateDetail"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    inspectTemplate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TemplateInspection"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTemplateRegistry: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TemplateRegistry"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    fetchTemplate: {
        parameters: {
            query?: {
                /** @description Allow exactly this package though nobody vouches for it; administrators may */
                unsigned?: boolean;
                /** @description The newest where it is left out */
                version?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["FetchTemplateInputBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TemplateDetail"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTokens: {
        parameters: {
            query?: {
                after?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListToken"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TokenInputBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewToken"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    evaluateValue: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EvaluateInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Evaluated"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listViews: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ViewsAnswer"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createView: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ViewBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavedLook"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    saveView: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ViewInputBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavedLook"];
                };
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteView: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    chooseView: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChoiceInputBody"];
            };
        };
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Error */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
