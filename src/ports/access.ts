export interface AccessRequest {
  readonly namespace: string;
  readonly verb: string;
  readonly resource: string;
  readonly subresource?: string;
}

/** SelfSubjectAccessReviews, sent with the token that they are about; without one, with our own. */
export interface AccessReview {
  /** Also false if Kubernetes rejects the token. Rejects if Kubernetes does not answer. */
  allowed(request: AccessRequest, token?: string): Promise<boolean>;
  /**
   * SelfSubjectReview (or OpenShift's `users/~`): the login name of a token's owner; undefined if Kubernetes rejects the
   * token. Rejects if Kubernetes does not answer.
   */
  user?(token: string): Promise<string | undefined>;
}
