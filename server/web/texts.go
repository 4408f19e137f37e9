package web

import (
	"strings"

	"rapporteur/locale"
)

// scriptCodes are the sentences that scripts say themselves. Their %s are filled in the page.
func scriptCodes() []string {
	return []string{
		"page_understood_as", "page_cited_one", "page_cited_many", "page_choices",
		"page_verified_one", "page_verified_many", "page_extractive", "page_degraded", "page_degraded_vectors_pending",
		"page_degraded_model_down", "page_degraded_model_slow", "page_degraded_model_paused", "page_degraded_model_busy", "page_degraded_model_quota", "page_degraded_model_refused", "page_degraded_model_context", "page_degraded_model_broken", "page_degraded_model_cut", "page_degraded_model_filtered",
		"page_degraded_not_proved", "page_degraded_model_declined", "page_degraded_stopped", "page_partial", "page_dropped",
		"page_copy", "page_markdown", "page_print", "page_again", "page_ask", "page_stop", "page_stopped", "page_stopped_more",
		"page_more_sources_one", "page_more_sources_many", "page_copied", "page_copy_failed", "page_sources_one", "page_sources_many", "page_sources_title",
		"page_doubt_supported", "page_doubt_partly", "page_doubt_unsupported",
		"page_done", "page_done_as_is", "page_done_rewritten",
		"page_done_documents_one", "page_done_documents_many", "page_done_passages_one", "page_done_passages_many",
		"page_done_checked_one", "page_done_checked_many",
		"page_step_understanding", "page_step_searching", "page_step_reading", "page_step_checking",
		"page_status_searching", "page_status_answered", "page_status_failed",
		"page_refused_not_in_documents", "page_refused_premise_not_supported", "page_refused_needs_precision",
		"page_refused_no_documents", "page_refused_unreadable_documents",
		"vote_thanks", "vote_undone",
		"page_nearest", "page_add_documents", "page_short", "page_perhaps_unreadable", "page_unread_one", "page_unread_many", "place_slide", "place_sheet", "page_columns", "page_recognised_short",
		"page_problem", "page_retry", "page_offline", "page_interrupted",
		"page_citation_of", "page_proof_failed", "page_proof_loading",
		"page_uploading", "page_reading", "page_still_reading", "page_exists", "page_kept", "page_ready",
		"page_added_known", "page_removing", "page_removed", "page_state_failed", "page_state_queued", "page_state_extracted", "page_pages_one", "page_pages_many",
		"ingested", "unchanged", "new_version", "no_text", "partly_no_text", "encrypted", "damaged", "too_large",
		"too_large_unpacked", "unsupported_type", "type_mismatch", "resource_limit", "gave_up", "empty", "bad_password",
	}
}

func scriptTexts(language string) map[string]string {
	texts := map[string]string{}
	for _, code := range scriptCodes() {
		texts[code] = locale.Sentence(language, code)
		if strings.HasPrefix(code, "page_refused_") { // said in the language of the answer, not of the page
			for _, l := range []string{locale.French, locale.English} {
				texts[l+":"+code] = locale.Sentence(l, code)
			}
		}
	}
	return texts
}
