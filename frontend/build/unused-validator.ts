/**
 * In place of @rjsf/validator-ajv8, which a test helper inside of @rjsf/core imports although nothing calls it. The real
 * one makes code at run time, which the policy of the page forbids.
 */
export default undefined;
