package clientapi

import (
	"net/http"

	"parley/wire"
)

// statuses is the one table from code to HTTP status. A code that isn't here
// means 409: the request is right, the state of things is not.
var statuses = map[wire.Code]int{
	wire.CodeInternal:         http.StatusInternalServerError,
	wire.CodeUnavailable:      http.StatusServiceUnavailable,
	wire.CodeBadRequest:       http.StatusBadRequest,
	wire.CodeUnknownOperation: http.StatusNotFound,
	wire.CodeTooLarge:         http.StatusRequestEntityTooLarge,
	wire.CodeRateLimited:      http.StatusTooManyRequests,
	wire.CodeUnauthorized:     http.StatusUnauthorized,
	wire.CodeForbidden:        http.StatusForbidden,
	wire.CodeWrongLogin:       http.StatusForbidden,
	wire.CodeNameTaken:        http.StatusConflict,
	wire.CodeSignUpClosed:     http.StatusForbidden,
	wire.CodeUnknownAccount:   http.StatusNotFound,
	wire.CodeBadDeviceList:    http.StatusUnprocessableEntity,
	wire.CodeStaleDeviceList:  http.StatusConflict,
	wire.CodeUnlistedDevice:   http.StatusForbidden,
	wire.CodeBadKeyPackage:    http.StatusUnprocessableEntity,
	wire.CodeNoKeyPackage:     http.StatusConflict,
	wire.CodeUnknownRoom:      http.StatusNotFound,
	wire.CodeNotMember:        http.StatusForbidden,
	wire.CodeStaleEpoch:       http.StatusConflict,
	wire.CodeFutureEpoch:      http.StatusConflict,
	wire.CodeBadCommit:        http.StatusUnprocessableEntity,
	wire.CodeBadGroupInfo:     http.StatusUnprocessableEntity,
	wire.CodeBadWelcome:       http.StatusUnprocessableEntity,
	wire.CodeBadMessage:       http.StatusUnprocessableEntity,
	wire.CodeRemovalPending:   http.StatusConflict,
	wire.CodeGenerationClosed: http.StatusConflict,
	wire.CodeGenerationTaken:  http.StatusConflict,
	wire.CodeRoleRefused:      http.StatusForbidden,
	wire.CodeTooManyEnrolling: http.StatusConflict,
	wire.CodeNotAccepting:     http.StatusForbidden,
	wire.CodeBadPasskey:       http.StatusForbidden,
	wire.CodeUnknownBlob:      http.StatusNotFound,
	wire.CodeBlobTaken:        http.StatusGone,
	wire.CodeQuota:            http.StatusInsufficientStorage,
	wire.CodeNoPreview:        http.StatusNotFound,
	wire.CodeLastPasskey:      http.StatusConflict,
	wire.CodeLimited:          http.StatusForbidden,
	wire.CodeSuspended:        http.StatusForbidden,
	wire.CodeRequestPending:   http.StatusConflict,
	wire.CodeNotAllowed:       http.StatusForbidden,
	wire.CodeChallenge:        http.StatusPreconditionRequired,
	wire.CodeBadAnswer:        http.StatusForbidden,
}

// Status returns the HTTP status that belongs to a code.
func Status(code wire.Code) int {
	if s, ok := statuses[code]; ok {
		return s
	}
	return http.StatusConflict
}
