"""What may leave the building: rules, evidence, subtraction, and the folder that is carried out."""
