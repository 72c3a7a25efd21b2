// Package workbench is a web page to try injection in: manifests and a
// configuration on the one side, the result with what wrote its lines on the
// other. It serves the page, which is part of the program, and a small JSON API
// over the engine.
//
// # The API
//
// Every call but the first is a POST of a JSON object. An answer with a status
// other than 200 is {"error": "..."}. docs/workbench.md shows them.
//
//	GET  /api/start          Start: what the page begins with
//	POST /api/inject         InjectRequest -> Answer
//	POST /api/compare        CompareRequest -> Comparison
//	POST /api/configuration  OpenRequest -> Configuration: ConfigMaps, taken apart
//	POST /api/test           TestRequest -> SavedTest, or a ZIP archive
//
// # What it does not do
//
// It keeps nothing between calls but compiled configurations, reads no file for
// the page, and writes only cases into the folder that it was started with.
package workbench
