import {
  createErrorHandler,
  type RJSFSchema,
  type RJSFValidationError,
  toErrorSchema,
  unwrapErrorHandler,
  type ValidatorType,
  validationDataMerge,
} from "@rjsf/utils";
import { problemsOf } from "./json-schema";

/** What forms ask whether their data fits; the usual validator makes code at run time, which the page forbids. */
export const validator: ValidatorType = {
  validateFormData(formData, schema, customValidate, transformErrors, uiSchema) {
    const found = errorsOf(schema, formData);
    const errors = transformErrors ? transformErrors(found, uiSchema) : found;
    const result = { errors, errorSchema: toErrorSchema(errors) };
    if (!customValidate) return result;
    const handler = customValidate(formData, createErrorHandler(formData), uiSchema, result.errorSchema);
    return validationDataMerge(result, unwrapErrorHandler(handler));
  },
  isValid(schema, formData, rootSchema) {
    const whole = rootSchema.$defs ? { ...schema, $defs: rootSchema.$defs } : schema;
    try {
      return problemsOf(whole, formData).length === 0;
    } catch {
      return false;
    }
  },
  rawValidation<Result>(schema: RJSFSchema, formData: unknown) {
    return { errors: errorsOf(schema, formData) as Result[] };
  },
};

function errorsOf(schema: RJSFSchema, formData: unknown): RJSFValidationError[] {
  try {
    return problemsOf(schema, formData).map(({ path, keyword, message }) => {
      const property = path.map((part) => `.${part}`).join("");
      return { name: keyword, property, message, stack: `${path.join(" ")} ${message}`.trim() };
    });
  } catch (error) {
    const message = `The form cannot be checked: ${error instanceof Error ? error.message : String(error)}`;
    return [{ name: "schema", property: "", message, stack: message }];
  }
}
