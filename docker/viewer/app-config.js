// How OHIF is set up behind Orthanc. It replaces OHIF's own configuration, which points at a public server.
// @DICOM_WEB_ROOT@ is filled in by Orthanc's plugin (orthanc/tilscope_viewer.py), the only one who knows it.
window.PUBLIC_URL = '/tilscope/viewer/';

// OHIF's own page defines it in line, which the policy of ours does not allow.
window.browserImportFunction = function (address) {
  return import(address);
};

window.config = {
  name: 'TILscope',
  routerBasename: '/tilscope/viewer',
  extensions: [],
  modes: [],
  // No guided tour at the first visit, and no question before a segmentation is shown.
  customizationService: [{ 'ohif.tours': { $set: [] } }],
  disableConfirmationPrompts: true,
  investigationalUseDialog: { option: 'configure', days: 30 },
  showStudyList: true,
  maxNumberOfWebWorkers: 3,
  showWarningMessageForCrossOrigin: false,
  showCPUFallbackMessage: true,
  showLoadingIndicator: true,
  strictZSpacingForVolumeViewport: true,
  groupEnabledModesFirst: true,
  maxNumRequests: { interaction: 100, thumbnail: 5, prefetch: 25 },
  showErrorDetails: 'always',
  defaultDataSourceName: 'orthanc',
  dataSources: [
    {
      namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
      sourceName: 'orthanc',
      configuration: {
        friendlyName: 'This Orthanc',
        name: 'orthanc',
        qidoRoot: '@DICOM_WEB_ROOT@',
        wadoRoot: '@DICOM_WEB_ROOT@',
        wadoUriRoot: '@DICOM_WEB_ROOT@',
        qidoSupportsIncludeField: true,
        imageRendering: 'wadors',
        thumbnailRendering: 'wadors',
        enableStudyLazyLoad: true,
        supportsFuzzyMatching: false,
        supportsWildcard: true,
        bulkDataURI: { enabled: true },
        omitQuotationForMultipartRequest: true
      }
    }
  ],
  httpErrorHandler: function (error) {
    console.warn('Orthanc answers ' + error.status);
  }
};
