export interface AccessRequest {
  readonly namespace: string;
  readonly verb: string;
  readonly resource: string;
  readonly subresource?: string;
}

/** SelfSubjectAccessReview: asks Kubernetes what a token may do, with that very token; our own when none is given. */
export interface AccessReview {
  /** False too for a token that Kubernetes does not accept. Rejects when Kubernetes does not answer. */
  allowed(request: AccessRequest, token?: string): Promise<boolean>;
  /**
   * SelfSubjectReview (or OpenShift's `users/~`): the login name of a token's owner; undefined when Kubernetes does not
   * accept the token. Rejects when it does not answer.
   */
  user?(token: string): Promise<string | undefined>;
}
