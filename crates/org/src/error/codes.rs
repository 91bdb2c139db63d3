//! The error codes that the org answers with: code, HTTP status and summary, as they go over the wire. `{0}` is the argument.

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    pub code: &'static str,
    pub status: u16,
    pub summary: &'static str,
}

macro_rules! codes {
    ($($code:ident $status:literal $summary:literal)*) => {$(
        pub static $code: Code = Code { code: stringify!($code), status: $status, summary: $summary };
    )*
        /// Every code.
        pub static ALL: &[&Code] = &[$(&$code,)*];
    };
}

codes! {
    E0000001 400 "Api validation failed: {0}"
    E0000002 400 "The request was not valid: {0}"
    E0000003 400 "The request body was not well-formed."
    E0000004 401 "Authentication failed"
    E0000005 403 "Invalid session"
    E0000006 403 "You do not have permission to perform the requested action"
    E0000007 404 "Not found: {0}"
    E0000008 404 "The requested path was not found"
    E0000009 500 "Internal Server Error"
    E0000011 401 "Invalid token provided"
    E0000014 403 "Update of credentials failed"
    E0000015 401 "You do not have permission to access the feature you are requesting"
    E0000016 403 "Activation failed because the user is already active"
    E0000017 403 "Password reset failed"
    E0000018 400 "Bad request. Accept and/or Content-Type headers are likely not set."
    E0000019 400 "Bad request. Accept and/or Content-Type headers likely do not match supported values."
    E0000021 400 "Bad request. Accept and/or Content-Type headers likely do not match supported values."
    E0000022 405 "The endpoint does not support the provided HTTP method"
    E0000028 400 "The request is missing a required parameter."
    E0000029 400 "Invalid paging request."
    E0000030 400 "Bad request. Invalid date. Dates must be of the form yyyy-MM-dd'T'HH:mm:ss.SSSZZ, e.g. 2013-01-01T12:00:00.000-07:00."
    E0000031 400 "Invalid search criteria."
    E0000032 403 "Unlock is not allowed for this user."
    E0000033 400 "Bad request. Can't specify a search query and filter in the same request."
    E0000034 403 "Forgot password not allowed on specified user."
    E0000035 403 "Change password not allowed on specified user."
    E0000036 403 "Change recovery question not allowed on specified user."
    E0000038 403 "This operation is not allowed in the user's current status."
    E0000039 403 "Operation on application settings failed."
    E0000040 400 "Application label must not be the same as an existing application label."
    E0000047 429 "API call exceeded rate limit due to too many requests."
    E0000056 403 "Delete application forbidden."
    E0000060 501 "Unsupported operation."
    E0000062 409 "The specified user is already assigned to the application."
    E0000063 400 "Invalid combination of parameters specified."
    E0000064 401 "Password is expired and must be changed."
    E0000068 403 "Invalid Passcode/Answer"
    E0000069 403 "User Locked"
    E0000077 403 "Cannot modify the {0} attribute because it is read-only."
    E0000078 403 "Cannot modify the {0} attribute because it is immutable."
    E0000079 403 "This operation is not allowed in the current authentication state."
    E0000080 403 "The password does not meet the complexity requirements of the current password policy."
    E0000082 403 "Each code can only be used once. Please wait for a new code and try again."
    E0000083 403 "PassCode is valid but exceeded time window."
    E0000087 403 "The recovery question answer did not match our records."
    E0000090 409 "The role specified is already assigned to the user."
    E0000093 400 "Target count limit exceeded"
    E0000094 400 "The provided filter is unsupported."
    E0000095 403 "Recovery not allowed for unknown user."
    E0000105 403 "You have accessed an account recovery link that has expired or been previously used."
    E0000107 403 "The entity is not in the expected state for the requested transition."
    E0000110 403 "You have accessed a link that has expired or has been previously used."
    E0000111 403 "Cannot modify the {0} object because it is read-only."
    E0000112 409 "Cannot update this user because they are still being activated. Please try again in a few minutes."
    E0000117 403 "Cannot assign apps or update app profiles for an inactive user."
    E0000119 403 "Your account is locked. Please contact your administrator."
    E0000122 406 "Accept Header did not contain supported media type 'application/json'"
    E0000124 400 "Could not create user. To create a user and expire their password immediately, a password must be specified"
    E0000125 400 "Could not create user. To create a user and expire their password immediately, \"activate\" must be true"
    E0000127 409 "Invalid linked objection definition. {0}"
    E0000134 502 "Okta could not communicate correctly with an inline hook."
    E0000135 400 "An inline hook responded with an error."
    E0000137 504 "Okta did not receive a response from an inline hook."
    E0000141 400 "Feature cannot be enabled or disabled due to dependencies/dependents conflicts."
    E0000142 403 "This User Type cannot be deleted."
    E0000192 400 "Roles cannot be granted to groups with group membership rules. {0}"
    E0000193 400 "Roles can only be granted to groups with 5000 or less users. {0}"
    E0000194 400 "Roles can only be granted to Okta groups, AD groups and LDAP groups. {0}"
    E0000195 409 "Api validation failed due to conflict: {0}"
    E0000207 401 "The username and/or the password you entered is incorrect. Please try again."
    E0000211 400 "Roles cannot be granted to built-in groups: {0}"
    E0000212 403 "Origin validation failed."
    E0000231 412 "ETag value doesn't match."
    E0000242 400 "ETag syntax is invalid."
    E0000268 409 "Another request is making changes to the role assignments. Please try again."
}
