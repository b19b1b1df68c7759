import com.pixelmed.dicom.AttributeList;
import com.pixelmed.dicom.TagFromName;
import com.pixelmed.dicom.Attribute;
import com.pixelmed.validate.DicomInstanceValidator;
import com.pixelmed.validate.DicomSRValidator;

/** What PixelMed's validators say of each file, in one run for all: trees by their templates, everything else by its class. */
public class PixelMedJudge {
    public static void main(String[] files) throws Exception {
        DicomInstanceValidator ofInstances = new DicomInstanceValidator();
        DicomSRValidator ofTrees = new DicomSRValidator();
        for (String file : files) {
            System.out.println("FILE " + file);
            AttributeList list = new AttributeList();
            list.read(file);
            String modality = Attribute.getSingleStringValueOrEmptyString(list, TagFromName.Modality);
            boolean isTree = modality.equals("SR") || modality.equals("KO");
            System.out.println(isTree ? ofTrees.validate(file) : ofInstances.validate(list));
        }
    }
}
